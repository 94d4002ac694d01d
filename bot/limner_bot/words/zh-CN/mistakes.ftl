## 请求中的某一项有什么错，以及如何改正；前面是它的名称和值

mistake = { $field }：{ $value } { $remedy }
mistake-value = { $value }…（{ $count } 个字符）

field-width = 宽度
field-height = 高度
field-picture = 图片
field-region = 区域
field-strength = 强度
field-factor = 倍数
field-words = 词语
field-language = 语言

## SDK 发现的错误

mistake-too-small = 太小；最小为 { $ge }。
mistake-not-above = 太小；必须大于 { $gt }。
mistake-too-large = 太大；最大为 { $le }。
mistake-empty = 是空的；请填写内容。
mistake-too-long = 太长；最多 { $max_length } 个字符。
mistake-not-finite = 不是有限的数；请填写普通的数。
mistake-unknown-field = 不属于任何已知项；请去掉它。
mistake-no-whole = 不是整数；请写一个，例如 20。
mistake-no-number = 不是数；请写一个，例如 0.5。
mistake-neither = 既不是 true 也不是 false；请写其中之一。
mistake-missing = 缺少；请填写。
mistake-not-one-of = 不可用；可选 { $expected }。
mistake-unknown-name = 未知；{ $hinted ->
    [0] {""}
   *[other] 你是指 { $close } 吗？
 }可用的有 { $names }{ $more ->
    [0] {""}
   *[other] {" "}等，另有 { $more } 个
 }。
mistake-ambiguous-name = 可能指多个：{ $names }{ $more ->
    [0] {""}
   *[other] {" "}等，另有 { $more } 个
 }；请写全名。
mistake-too-large-here = 超过了本主机允许的大小；最多 { $most } 像素，例如 { $side }x{ $side }。

## 机器人发现的错误

mistake-flag-says-nothing = 没有值；请写成 { $flag }。
mistake-said-twice = 写了两次；只写一次。
mistake-no-flag = 不是参数；{ $hinted ->
    [0] {""}
   *[other] 你是指 { $close } 吗？
 }可用的有 { $names }；\-- 表示普通的 --。
mistake-flag-and-option = 由参数指定，而选项指定的是 { $option }；请去掉其中一个。
mistake-ratio-and-size = 与尺寸 { $size } 同时出现；请去掉其中一个。
mistake-open-quotes = 缺少右引号；请在后面写上 "。
mistake-no-size = 不是以像素为单位的尺寸；请写成 512x768 这样。
mistake-size-outside = 不能作为尺寸；每边为 { $least } 到 { $most } 像素。
mistake-no-ratio = 不是宽高比；请写成 3:2 这样。
mistake-ratio-too-long = 对这个模型来说太长；最多 { $longest }:1。
mistake-no-whole-from = 不是 { $least } 到 { $most } 的整数；请写一个。
mistake-no-number-from = 不是 { $least } 到 { $most } 的数；请写一个。
mistake-empty-name = 是空的；请填写名称。
mistake-no-lora = 没有指明 LoRA；请写名称和权重，例如 ink:0.8。
mistake-lora-weights = 权重太多；请写一个，例如 ink:0.8。
mistake-too-many-jobs = 个任务一次太多；最多 { $most } 个，请减少重复次数。
mistake-lists-too-many = 一次要求 { $count } 个任务；最多 { $most } 个，请减少列出的内容。
mistake-denoise-alone = 需要一张起点图片；请附上图片，或去掉它。
mistake-mask-alone = 需要它所属的图片；请把图片作为“图片”选项附上。
mistake-unknown-sampler = 是未知采样器的参数；请同时指定采样器。
mistake-shape-too-long = 对这个模型来说形状太长；请裁剪，或指定尺寸。
mistake-finish-count = 写了 { $count } 个后期处理；请写 1 到 { $most } 个，例如 detailer。
mistake-finish-unread = 无法理解；请写 detailer 之类的名称，或 detailer(denoise=0.5; prompt=a happy face)。
mistake-finish-needs-picture = 需要名为 { $picture } 的图片，这里无法提供；请选择别的。
mistake-sets-nothing = 没有设置任何内容；请写成 名称=值。
mistake-no-parameter = 不是 { $name } 的参数；{ $count ->
    [0] 它没有参数
   *[other] 可用的有 { $names }
 }。
mistake-no-choice = 未知；可用的有 { $names }。
mistake-not-on-discord = 不在 Discord 上；请直接附上图片。
mistake-not-fetched = 无法从 Discord 获取；请再试一次。
mistake-no-picture = 不是 PNG、JPEG 或 WebP 图片；请附上其中一种。
mistake-file-too-large = 大于 { $most } MiB；请附上更小的文件。
mistake-no-such-picture = 不存在；请选择 1 到 { $count } 中的一张，或全部。
mistake-picture-silent = 是空的，而且图片没有说明它的内容；请自己填写。
mistake-region-outside = 在图片之外；百分比为 0 到 100。
mistake-no-region = 不是区域；请写左半、右上、中间，或以百分比写 x, y, 宽, 高：10, 20, 50, 30。
mistake-no-factor = 不是数；请写一个，例如 1.5。
mistake-no-share = 不是 0 到 1 的数；请写一个，例如 0.5。
mistake-share-outside = 必须大于 0 且不超过 1；1 表示忽略原有内容。
mistake-square-already = 已经是正方形；请改用拉远或向一侧延伸。
mistake-words-among-flags = 不是参数；请写 --steps 30 之类的设置，文字写进提示词。
mistake-imagine-alone = 只能用于 /imagine；请在这里去掉。
mistake-no-time = 不是时长；请写成 30m、3h、7d 或 2w 这样。
mistake-time-outside = 必须在 1 秒到 10 年之间；不填则永久封禁。
mistake-no-word = 不是词；请只写字母，用 * 表示任意字母，例如 gore*。
mistake-no-letters = 没有字母；请写一个词，或 gore* 之类的模式。
mistake-no-pattern = 不是模式；请写一个含有 * 的词，例如 gore*。
mistake-too-many = 个条目太多；最多 { $most } 个。
