## 图片下方的“更多…”菜单，以及后期处理的表单

more-more = 更多…
more-page = 还可以这样做：
more-strong = 第 { $number } 张的大幅变体
more-zoom = { $factor ->
    [custom] 拉远…
   *[other] 拉远 { $factor } 倍
 }
more-pan = { $side ->
    [left] 向左延伸
    [right] 向右延伸
    [up] 向上延伸
   *[other] 向下延伸
 }
more-square = 变为正方形
more-region = 重画一部分…
more-region-help = 附上蒙版，或说明是哪一部分
more-edit = 修改后期处理…
more-favourite = 收藏或取消收藏
more-original = 原始文件
more-info = 图片信息
more-of = { $what }：第 { $number } 张
more-private = 设为私密
more-delete = 删除…
more-which = 哪一张图片
more-picture = 第 { $number } 张
more-all = 全部
more-others = 其他参数
more-others-help = 名称=值; 名称=值。可用：{ $names }
more-range = 范围 { $least } 到 { $most }。
more-usual = 通常为 { $value }。
more-queued = 已加入 { $count } 个任务，每个任务都有自己的消息。
more-nothing-to-set = { $name } 没有可以设置的参数。
button-edit-job = 修改…
button-edit-again = 重新修改

## 消息菜单中的条目

menu-no-picture = 这条消息里没有存放在 Discord 上的图片。
menu-which = 哪一张图片？
menu-vary-title = 生成变体
menu-use-title = 用作输入
menu-prompt = 图片应展示的内容
menu-prompt-help = 如果图片自带生成信息，可以留空
menu-strength = 强度
menu-strength-help = 重画多少：0.3 接近原图，0.8 保留很少
menu-model = 模型
menu-model-help = 留空则使用默认模型

## 图片的生成信息

info-line = **{ $what }**：{ $value }
info-prompt = 提示词
info-negative = 反向提示词
info-model = 模型
info-size = 尺寸
info-seed = 种子
info-steps = 步数
info-cfg = CFG
info-sampler = 采样器和调度
info-files = LoRA 和嵌入
info-finished = 后期处理
info-nothing = 这张图片没有说明它是如何生成的。
info-again = 再生成一次

## 条目的名称

c-upscale-this-name = 放大图片
c-vary-this-name = 生成变体
c-use-as-input-name = 用作输入
c-read-image-info-name = 读取图片信息
c-detail-this-name = 优化细节
