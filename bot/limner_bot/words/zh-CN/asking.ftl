## 多个任务或一张对比图进入队列之前

confirm-jobs = 这将产生 { $jobs } 个任务（{ $pictures } 张图片，约需 GPU 时间 { $time }）。
confirm-more = ……还有 { $count } 个
confirm-grid = 这将产生一张有 { $cells } 格的对比图（{ $pictures } 张图片，{ $evaluations } 次求值，约需 GPU 时间 { $time }）。整张图为 { $sheet } 像素。
confirm-done = { $count } 个任务已进入队列；每个任务都有自己的消息。
confirm-left = 没有任务进入队列。
confirm-too-long = 这段文字太长，无法在此修改：最多 { $most } 个字符。请用新的命令提出。
confirm-title = 修改你的请求
confirm-text = 提示词，可含参数和列表
confirm-axis = { $name } 轴
button-run = 执行
button-edit = 修改

## 对比图

job-grid = { $cells } 格的对比图
cell-pick = 选择格子……
cell-pick-part = 第 { $first } 至 { $last } 格……
grid-no-answer = 现在无法向主机询问所需的开销；请稍后再试。

## 命令

c-imagine-name = imagine
c-imagine-text = 根据提示词生成图片
c-imagine-prompt-name = 提示词
c-imagine-prompt-text = 图片要表现什么；可用 --ar 3:2 之类的参数和 {"{"}红, 绿{"}"} 之类的列表
c-imagine-negative-name = 反向提示词
c-imagine-negative-text = 图片不要出现什么
c-imagine-model-name = 模型
c-imagine-model-text = 使用哪个模型
c-imagine-size-name = 尺寸
c-imagine-size-text = 宽和高（像素），例如 512x768
c-imagine-ratio-name = 比例
c-imagine-ratio-text = 只指定形状；尺寸由模型决定
c-imagine-steps-name = 步数
c-imagine-steps-text = 每张图片走多少步
c-imagine-cfg-name = cfg
c-imagine-cfg-text = 遵循提示词的程度
c-imagine-sampler-name = 采样器
c-imagine-sampler-text = 如何去除噪声
c-imagine-schedule-name = 调度
c-imagine-schedule-text = 噪声级别如何分布
c-imagine-seed-name = 种子
c-imagine-seed-text = 产生噪声的数字；相同的种子得到相同的图片
c-imagine-count-name = 张数
c-imagine-count-text = 生成几张图片，1 到 4
c-imagine-repeat-name = 重复
c-imagine-repeat-text = 同样的任务再做几次
c-imagine-style-name = 风格
c-imagine-style-text = 按名称指定风格，例如：ink, night
c-imagine-lora-name = lora
c-imagine-lora-text = LoRA 及其权重，例如：ink:0.8, night:0.5
c-imagine-finish-name = 后处理
c-imagine-finish-text = 对完成的图片做什么，例如：detailer(denoise=0.3), ultimate_upscale
c-imagine-image-name = 图片
c-imagine-image-text = 作为起点的图片：PNG、JPEG 或 WebP，最大 10 MiB
c-imagine-mask-name = 蒙版
c-imagine-mask-text = 白色处重画，黑色处保留
c-imagine-denoise-name = 重绘幅度
c-imagine-denoise-text = 起点图片有多少被重画，0 到 1
c-imagine-private-name = 私密
c-imagine-private-text = 是否只有你能看到回复
c-imagine-options-name = 选项
c-imagine-options-text = 采样器的参数，例如：eta=0.5
c-grid-name = 对比图
c-grid-text = 比较设置：一张沿最多三个轴变化的图片表
c-grid-prompt-name = 提示词
c-grid-prompt-text = 图片要表现什么；可用 --ar 3:2 之类的参数
c-grid-x-name = x
c-grid-x-text = 从左到右变化什么，例如：steps=10, 20, 30
c-grid-y-name = y
c-grid-y-text = 从上到下变化什么，例如：sampler=euler, dpmpp_2m
c-grid-z-name = z
c-grid-z-text = 从一张表到另一张表变化什么，例如：prompt_sr=红, 绿
c-grid-negative-name = 反向提示词
c-grid-negative-text = 图片不要出现什么
c-grid-model-name = 模型
c-grid-model-text = 使用哪个模型
c-grid-size-name = 尺寸
c-grid-size-text = 宽和高（像素），例如 512x768
c-grid-steps-name = 步数
c-grid-steps-text = 每张图片走多少步
c-grid-cfg-name = cfg
c-grid-cfg-text = 遵循提示词的程度
c-grid-sampler-name = 采样器
c-grid-sampler-text = 如何去除噪声
c-grid-schedule-name = 调度
c-grid-schedule-text = 噪声级别如何分布
c-grid-seed-name = 种子
c-grid-seed-text = 产生噪声的数字；相同的种子得到相同的图片
c-grid-style-name = 风格
c-grid-style-text = 按名称指定风格，例如：ink, night
c-grid-lora-name = lora
c-grid-lora-text = LoRA 及其权重，例如：ink:0.8, night:0.5
c-grid-finish-name = 后处理
c-grid-finish-text = 对完成的图片做什么，例如：detailer(denoise=0.3), ultimate_upscale
c-grid-vary_seeds-name = 变换种子
c-grid-vary_seeds-text = 每个格子是否使用自己的种子
c-grid-private-name = 私密
c-grid-private-text = 是否只有你能看到回复
