## 已开始但尚待确认的内容

draft-not-yours = 只有发起请求的人才能这样做。
draft-expired = 时间太久，已无法确认；请重新发起。
draft-used = 这已经确认或取消过了。
