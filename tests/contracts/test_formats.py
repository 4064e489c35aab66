"""A form names only formats that are checked: those that the catalogue takes are those that applications know."""

from applications.domain.formats import FORMATS as CHECKED
from catalog.domain.forms import FORMATS as TAKEN


def test_the_formats_that_a_form_may_name_are_those_that_are_checked():
    assert CHECKED.keys() == TAKEN
