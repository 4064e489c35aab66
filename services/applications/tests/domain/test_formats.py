"""The platform's formats: what is one, and what only looks like one."""

import pytest

from applications.domain.formats import FORMATS

GOOD = {
    "rnokpp": ["3297499020", "2887999130"],
    "edrpou": ["00032129", "14360570", "43314918", "39835428", "20000090", "21000042", "35000016"],
    "unzr": ["19900101-01234", "20000229-00000"],
    "cadastral-number": ["1210100000:02:345:0067"],
    "ua-phone": ["+380000000001"],
    "iban": ["UA213223130000026007233566001", "GB82WEST12345698765432", "DE89370400440532013000"],
}
BAD = {
    "rnokpp": ["3297499021", "2397499020", "329749902", "32974990200", " 3297499020", "329749902o", "٣٢٩٧٤٩٩٠٢٠", "",
               "3297499020\n"],
    "edrpou": ["00032128", "00302129", "43314919", "4331491", "433149180", "4331491x", "٤٣٣١٤٩١٨"],
    "unzr": ["19900230-01234", "19901301-01234", "00000101-01234", "1990010101234", "19900101-0123", "19900101-012345"],
    "cadastral-number": ["1210100000:2:345:0067", "1210100000-02-345-0067", "12101000000:02:345:0067", "1210100000:02:345"],
    "ua-phone": ["+38000000000", "0000000001", "+3800000000011", "+48000000001", "+380 00 000 00 01", "380000000001"],
    "iban": [
        "UA213223130000026007233566002", "UA123223130000026007233566001", "ua213223130000026007233566001",
        "UA21 3223 1300 0002 6007 2335 66001", "GB82WEST1234569876543", "DE8937040044053201300", "UA21",
        "UA2132231300000260072335660010",
    ],
}  # fmt: skip


def test_every_format_is_shown_from_both_sides():
    assert FORMATS.keys() == GOOD.keys() == BAD.keys()


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_what_is_right_is_taken(name, text):
    assert FORMATS[name](text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_what_only_looks_right_is_refused(name, text):
    assert not FORMATS[name](text)
