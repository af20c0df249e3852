"""Words of other products and of daily life.

A user who names one of them, and no text of the question found does, probably asks about
something that the knowledge base does not answer. The words change no ranking.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = """
微信 朋友圈 支付宝 腾讯 京东 淘宝 天猫 拼多多 美团 饿了么 滴滴 抖音 小红书 微博 知乎 百度 高德
剪映 即梦 海螺 豆包 文心 通义 元宝 爱奇艺 优酷 哔哩 b站 网易 钉钉 飞书 企业微信 spotify
netflix chatgpt gpt deepseek runway midjourney wps word
excel ppt pdf photoshop ps pr office windows 网盘 云盘 迅雷
王者荣耀 原神 steam 闲鱼 得物 唯品会 携程 去哪儿 飞猪 铁路 12306 顺丰 中通 圆通 菜鸟
移动公司 联通 电信 宽带 话费 流量包 流量卡 wifi 路由器 天气 下雨 气温 台风 地震 快递 外卖
打车 出租车 网约车 地铁 公交 高铁 火车 飞机 机票 航班 车票 限行 违章 驾照 驾校 年检 电动车 加油
停车 身份证 户口 护照 签证 居住证 结婚 离婚 生育 公积金 社保 医保 养老金 退休 工资 个税 报税
年终奖 裁员 简历 面试 招聘 实习 劳动合同 医院 挂号 医生 感冒 发烧 咳嗽 头疼 牙疼 胃疼 失眠 减肥
怀孕 疫苗 体检 小学 高考 考研 四级 幼儿园 奶粉 尿布 做菜 菜谱 食谱 猫粮 狗粮 猫砂 遛狗 红烧肉
排骨 饺子 火锅 奶茶 咖啡 餐厅 饭店 酒店 民宿 旅游 景点 门票 房租 租房 房贷 贷款 买房 装修 物业
停水 停电 水费 电费 燃气 信用卡 银行 花呗 借呗 利息 股票 基金 黄金价 彩票 保险 理赔 空调 冰箱
洗衣机 电视机 热水器 打印机 显卡 充电器 耳机 尺码 退换货 运费 化妆品 口红 洗发水 电影票 电视剧
演唱会 歌词 足球 篮球 世界杯 奥运 笑话 星座 算命 情诗 祝福语
"""
_PATTERN: Final = re.compile(
    "|".join(
        rf"(?<![a-z0-9]){word}(?![a-z0-9])" if word.isascii() else word
        for word in sorted(_WORDS.split(), key=lambda word: (-len(word), word))
    )
)


def named(text: str) -> frozenset[str]:
    """The words that stand in folded ``text``."""
    return frozenset(_PATTERN.findall(text))
