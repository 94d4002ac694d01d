## 自己的图片

history-empty = 你还没有图片；用 /imagine 生成一张吧。
history-not-shown = （文件缺失，或太大无法显示）
