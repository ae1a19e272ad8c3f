"""Chinese names without a model: sentences of insurers, banks and courts, both scripts, and a public corpus."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful_presidio.chinese import ENTITIES, ChineseNames, load_chinese
from needful_presidio.chinese.tables import tables
from needful_presidio.chinese.words import LISTS

CLAIM = "投保人：李秀英，被保险人：张三，联系地址：上海市浦东新区世纪大道100号3栋502室。"


@pytest.fixture(scope="module")
def chinese() -> ChineseNames:
    return load_chinese()


def found(chinese: ChineseNames, text: str, *entities: str) -> list[str]:
    return [text[start:end] for start, end, entity, _ in chinese.find(text) if not entities or entity in entities]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("客户王建国于2024年3月5日致电，反映理赔进度。", ["王建国"]),
        (CLAIM, ["李秀英", "张三"]),
        ("李娜女士您好，您的账户已开通。", ["李娜"]),
        ("受益人为其女儿郑爽和儿子郑浩然。", ["郑爽", "郑浩然"]),
        ("借款人陈伟申请贷款50000元，请转账给周杰。", ["陈伟", "周杰"]),
        ("原告欧阳修文诉被告吴晓梅一案，由审判员赵敏独任审理。", ["欧阳修文", "吴晓梅", "赵敏"]),
        ("報案人高明稱，客戶陳美玲女士已致電。", ["高明", "陳美玲"]),
        ("原告黃志明與被告劉曉東係朋友。", ["黃志明", "劉曉東"]),
        ("弗拉基米尔·普京会见了安格拉·默克尔。", ["弗拉基米尔·普京", "安格拉·默克尔"]),
        ("路易十六和伊丽莎白二世都没有来。", ["路易十六", "伊丽莎白二世"]),
        ("田中太郎与佐藤健一郎。", ["田中太郎", "佐藤健一郎"]),
        ("汉武帝与唐太宗。", ["汉武帝", "唐太宗"]),
        ("甲方：王五　乙方：John Smith", ["王五", "John Smith"]),
    ],
)
def test_a_persons_name_is_found_whole(chinese: ChineseNames, text: str, people: list[str]) -> None:
    assert found(chinese, text, "PERSON") == people


def test_a_surname_before_a_title_is_a_name(chinese: ChineseNames) -> None:
    text = "高先生、馬女士、方律师、何医生和张总都来了，陈经理没有。"

    assert found(chinese, text) == ["高", "馬", "方", "何", "张", "陈"]


def test_names_among_friends_are_found(chinese: ChineseNames) -> None:
    assert found(chinese, "小王和老李是同事，阿强去了。") == ["小王", "老李", "阿强"]


def test_what_a_judgment_leaves_of_a_name_is_found(chinese: ChineseNames) -> None:
    assert found(chinese, "被告人于某某与何某相识。", "PERSON") == ["于某某", "何某"]


def test_a_name_set_with_blanks_is_found_and_a_heading_is_not(chinese: ChineseNames) -> None:
    text = "姓 名：张 三　性 别：男\n时 间　金 额　单 位\n王 小 明　300"

    assert found(chinese, text) == ["张 三", "王 小 明"]


def test_a_name_is_found_again_without_what_gave_it_away(chinese: ChineseNames) -> None:
    text = "客户贺启铭投诉。启铭要求退款。"

    assert found(chinese, text) == ["贺启铭", "启铭"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (CLAIM, ["上海市浦东新区世纪大道100号3栋502室"]),
        ("住址：台北市信義區忠孝東路五段68號12樓。", ["台北市信義區忠孝東路五段68號12樓"]),
        ("司机住在南京市鼓楼区中山北路12号。", ["南京市鼓楼区中山北路12号"]),
        ("他从法国到了阿富汗，又去了湖南省长沙市岳麓区。", ["法国", "阿富汗", "湖南省长沙市岳麓区"]),
    ],
)
def test_an_address_is_one_place(chinese: ChineseNames, text: str, places: list[str]) -> None:
    assert found(chinese, text, "LOCATION") == places


@pytest.mark.parametrize(
    ("text", "organisations"),
    [
        ("原告欧阳修文诉被告华夏人寿保险股份有限公司。", ["华夏人寿保险股份有限公司"]),
        ("招商银行深圳分行已受理。", ["招商银行深圳分行"]),
        ("不服四川省成都市中级人民法院判决。", ["四川省成都市中级人民法院"]),
        ("被告台灣銀行股份有限公司應返還款項。", ["台灣銀行股份有限公司"]),
        ("委托北京市金杜律师事务所办理。", ["北京市金杜律师事务所"]),
        ("在北京协和医院就诊，由腾讯支付。", ["北京协和医院", "腾讯"]),
    ],
)
def test_an_organisation_is_found_with_what_its_ending_belongs_to(
    chinese: ChineseNames, text: str, organisations: list[str]
) -> None:
    assert found(chinese, text, "ORGANIZATION") == organisations


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好，大家都很高兴，马上就要过年了，方便的话请回复。",
        "客户明白条款内容，白天方便时请回电，马上办理。",
        "投保人应当如实告知，保险人有权解除合同并不退还保险费。",
        "自合同成立之日起超过二年的，保险人应当承担赔偿或者给付保险金的责任。",
        "本案现已审理终结。经审理查明，双方签订的合同合法有效。",
        "年利率为百分之五，逾期还款将产生罚息，请按时还款。",
        "高度重视客户投诉，常见问题包括：余额不足、密码错误、手机号变更。",
        "水管爆裂导致厨房被淹，地板和橱柜受损，维修费用约为八千元。",
        "申请人须年满十八周岁，具有完全民事行为能力。",
        "連長向全體人員宣布了安全規定。",
        "",
        "2024-03-05 12:00 😀 POL-88812345",
    ],
)
def test_ordinary_words_are_left_alone(chinese: ChineseNames, text: str) -> None:
    assert chinese.find(text) == []


def test_offsets_count_code_points_of_the_given_text(chinese: ChineseNames) -> None:
    text = "😀𠮷 客戶陳美玲👍🏽住在台北市。𠀀Mr. 王建国"

    assert [(text[s:e], entity) for s, e, entity, _ in chinese.find(text)] == [
        ("陳美玲", "PERSON"),
        ("台北市", "LOCATION"),
        ("王建国", "PERSON"),
    ]


PARTS = [*"王李张三小明欧阳在的司公市区路号克斯尔·（）：， 𠮷😀aB1\n㐀郎帝某", "先生", "佐藤"]


@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join))
def test_spans_are_in_order_and_apart_whatever_the_text(text: str) -> None:
    end = 0
    for start, stop, entity, score in load_chinese().find(text):
        assert end <= start < stop <= len(text)
        assert entity in ENTITIES
        assert 0 < score <= 1
        end = stop


def test_traditional_text_has_the_spans_of_simplified_text(chinese: ChineseNames) -> None:
    simplified = "客户赵国荣在广东省东莞市向华夏银行投诉，由刘经理处理。"
    traditional = "客戶趙國榮在廣東省東莞市向華夏銀行投訴，由劉經理處理。"

    assert chinese.find(simplified)
    assert chinese.find(traditional) == chinese.find(simplified)


def test_threads_share_it(chinese: ChineseNames) -> None:
    alone = chinese.find(CLAIM)

    with ThreadPoolExecutor(16) as pool:
        assert all(answer == alone for answer in pool.map(chinese.find, [CLAIM] * 64))


def test_time_grows_with_the_text_and_no_faster(chinese: ChineseNames) -> None:
    def seconds(text: str) -> float:
        start = time.thread_time()
        chinese.find(text)
        return time.thread_time() - start

    for part in ("王建国", "克斯尔", "中华人民共和国", "公司", "A ", "·", "路1号", "姓 "):
        assert seconds(part * 2000) < 40 * max(seconds(part * 200), 0.001)


def test_its_version_is_the_same_in_every_process_and_names_it() -> None:
    code = "from needful_presidio.chinese import load_chinese; print(load_chinese().version)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert load_chinese().version == other
    assert other.startswith("chinese ")


def test_it_writes_no_file_prints_logs_and_warns_nothing(tmp_path: Path) -> None:
    code = (
        "import logging, os, sys\n"
        "logging.basicConfig(level=0)\n"
        "wrote = []\n"
        "def hook(event, arguments):\n"
        "    if event == 'open' and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):\n"
        "        wrote.append(str(arguments[0]))\n"
        "    if event in ('os.mkdir', 'os.rename', 'socket.connect', 'tempfile.mkstemp'):\n"
        "        wrote.append(event)\n"
        "sys.addaudithook(hook)\n"
        "from needful_presidio.chinese import load_chinese\n"
        f"assert load_chinese().find({CLAIM!r})\n"
        "assert not wrote, wrote\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", code], capture_output=True, text=True, cwd=tmp_path
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_the_lists_are_written_in_folded_characters() -> None:
    fold = tables().simplified

    assert [word for words in LISTS.values() for word in words if word.translate(fold) != word] == []


def test_one_character_is_folded_to_one_and_folding_twice_changes_nothing() -> None:
    fold = tables().simplified

    assert [chr(new) for new in fold.values() if new in fold] == []


def covered(rows: Iterable[dict[str, Any]], chinese: ChineseNames, label: str) -> float:
    """The share of gold spans of which at least half of the characters, blanks aside, lie in spans of any entity."""
    gold = hits = 0
    for row in rows:
        taken = {place for start, end, *_ in chinese.find(row["text"]) for place in range(start, end)}
        for start, end, entity in row["spans"]:
            inside = [place for place in range(start, end) if not row["text"][place].isspace()]
            if entity == label and inside:
                gold += 1
                hits += 2 * len(taken.intersection(inside)) >= len(inside)
    return hits / gold


@pytest.fixture(scope="module")
def corpus(shared_data: Path) -> list[dict[str, Any]]:
    path = shared_data / "pii" / "uner_zh_gsdsimp_dev.jsonl"
    if not path.is_file():
        pytest.skip("uner_zh_gsdsimp_dev is not among the public data sets here")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_nine_of_ten_people_of_an_encyclopedia_are_found(corpus: list[dict[str, Any]], chinese: ChineseNames) -> None:
    assert covered(corpus, chinese, "PERSON") >= 0.90


def test_it_finds_as_many_in_traditional_characters(corpus: list[dict[str, Any]], chinese: ChineseNames) -> None:
    # Whichever traditional form a character has, by chance: harder than any one region's spelling.
    forms: dict[str, list[str]] = {}
    for old, new in tables().simplified.items():
        forms.setdefault(chr(new), []).append(chr(old))
    dice = random.Random(7)
    rows = [
        {**row, "text": "".join(dice.choice(forms[one]) if one in forms else one for one in row["text"])}
        for row in corpus
    ]

    assert sum(row["text"] != old["text"] for row, old in zip(rows, corpus, strict=True)) > 400
    assert abs(covered(rows, chinese, "PERSON") - covered(corpus, chinese, "PERSON")) <= 0.03
