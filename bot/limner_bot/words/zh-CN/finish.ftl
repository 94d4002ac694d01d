## 后期处理自己的图片，以及选项中的选择

c-finish-name = 后处理
c-finish-text = 放大或改善你的一张图片
c-finish-picture-name = 图片
c-finish-picture-text = PNG、JPEG 或 WebP 图片，最大 10 MiB
c-finish-finish-name = 方式
c-finish-finish-text = 对它做什么，例如：detailer(denoise=0.3), ultimate_upscale
c-finish-prompt-name = 提示词
c-finish-prompt-text = 图片的内容，用于重新绘制的部分

c-choice-member-name = 我的
c-choice-channel-name = 本频道的（管理员）
c-choice-server-name = 本服务器的（管理员）
c-choice-bot-name = 机器人的（运营者）
c-choice-front-name = 最前
c-choice-back-name = 最后
c-choice-never-name = 从不
c-choice-outside-name = 在年龄限制频道之外
c-choice-always-name = 总是
c-choice-waiting-name = 同时等待的任务
c-choice-seconds_per_day-name = 每日秒数
c-choice-largest_pixels-name = 尺寸
c-choice-steps-name = 步数
c-choice-count-name = 每个任务的图片
c-choice-repeat-name = 每条命令的任务
c-choice-models-name = 模型
c-choice-weight-name = 权重
