"""Tables of cross sections as people write them: every fault is one error with its place."""

import numpy as np
import pytest

from fourmu.errors import InputError
from fourmu.io.xsec_tables import parse_xsec_table, read_xsec_table

GOOD = "mass_gev,xsec_br_fb\n1.0,5\n2.5,0.25\n"


@pytest.fixture
def table(tmp_path):
    """Write a table and read it."""

    def read(content, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_xsec_table(path, **options)

    return read


@pytest.fixture
def refused(table):
    """The one error of a table, which names the file, and is one printable line."""

    def refuse(content, **options):
        with pytest.raises(InputError) as caught:
            table(content, **options)
        error = caught.value
        assert "table.csv" in error.where
        assert "\n" not in str(error)
        return error

    return refuse


def line_of(error):
    """Number of the line that an error names."""
    return int(error.where.rpartition(", line ")[2])


def test_the_product_of_cross_section_and_branching_fraction(table):
    found = table(GOOD)
    assert found.mass_gev.tolist() == [1.0, 2.5]
    assert found.xsec_br_fb.tolist() == [5.0, 0.25]
    assert np.isnan(found.branching_fraction).all()
    assert found.source.endswith("table.csv")


def test_cross_section_and_branching_fraction_apart(table):
    found = table("br,mass_gev,xsec_fb\n0.5,1,8\n0.25,2,4\n")
    # powers of two: exact
    assert found.xsec_br_fb.tolist() == [4.0, 1.0]
    assert found.branching_fraction.tolist() == [0.5, 0.25]


def test_the_branching_fraction_beside_the_table(table):
    found = table("mass_gev,xsec_fb\n1,8\n2,4\n", branching_fraction=0.5)
    assert found.xsec_br_fb.tolist() == [4.0, 2.0]
    assert found.branching_fraction.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "# made by hand\n\n  # twice\n" + GOOD + "\n   \n# the end",
        " mass_gev , xsec_br_fb \n 1.0 ,  5\n\t2.5\t,\t0.25\t\n",
        GOOD.rstrip("\n"),
        '"mass_gev","xsec_br_fb"\n"1.0","5"\n"2.5","0.25"\n',
        "mass_gev,note,xsec_br_fb,\n1.0,good,5,\n2.5,,2.5e-1,\n",
        "xsec_br_fb,mass_gev\n+5.,1e0\n.25,2.5\n",
    ],
    ids=["bom", "crlf", "cr", "comments", "spaces", "no end", "quotes", "more columns", "swapped"],
)
def test_harmless_differences_change_nothing(table, content):
    found = table(content)
    assert found.mass_gev.tolist() == [1.0, 2.5]
    assert found.xsec_br_fb.tolist() == [5.0, 0.25]


def test_rows_stay_in_the_order_of_the_file(table):
    assert table("mass_gev,xsec_br_fb\n3,1\n1,2\n2,0\n").mass_gev.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "field", ["", " ", "-1", "nan", "inf", "-inf", "1e400", "five", "5 fb", "1_0", "1,5", "0x10"]
)
def test_a_cross_section_that_is_none_is_refused_at_its_place(refused, field):
    quoted = f'"{field}"' if "," in field else field
    error = refused(f"# comment\nmass_gev,xsec_br_fb\n1.0,5\n2.0,{quoted}\n3.0,1\n")
    assert line_of(error) == 4
    assert error.key == "xsec_br_fb"
    assert error.found == (field.strip() or "nothing")
    assert "fb" in error.expected


@pytest.mark.parametrize("field", ["", "0", "-2.0", "nan", "inf", "heavy"])
def test_a_mass_that_is_none_is_refused_at_its_place(refused, field):
    error = refused(f"mass_gev,xsec_br_fb\n{field},5\n")
    assert (line_of(error), error.key) == (2, "mass_gev")
    assert "GeV" in error.expected


@pytest.mark.parametrize("field", ["", "-0.1", "1.0001", "nan", "50%"])
def test_a_branching_fraction_that_is_none_is_refused_at_its_place(refused, field):
    error = refused(f"mass_gev,xsec_fb,br\n1,5,0.5\n2,5,{field}\n")
    assert (line_of(error), error.key) == (3, "br")


@pytest.mark.parametrize("field", ["1e-60", "1e60"])
def test_numbers_whose_squares_leave_floating_point_are_refused(refused, field):
    assert refused(f"mass_gev,xsec_br_fb\n1,{field}\n").found == field


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("mass,xsec_br_fb", "mass_gev"),
        ("mass_gev,xsec", "xsec_br_fb"),
        ("mass_gev,xsec_fb", "br"),
        ("mass_gev,br", "xsec_br_fb"),
        ("MASS_GEV,XSEC_BR_FB", "mass_gev"),
        ("1.0,5", "mass_gev"),
    ],
)
def test_a_missing_column_is_named_with_what_is_there(refused, header, key):
    error = refused(f"{header}\n2.0,5\n")
    assert (line_of(error), error.key) == (1, key)
    assert error.found == header.replace(",", ", ")
    assert "mass_gev and xsec_br_fb" in error.expected


@pytest.mark.parametrize("separator", [";", "\t", " "])
def test_other_separators_are_called_by_their_name(refused, separator):
    error = refused(GOOD.replace(",", separator))
    assert line_of(error) == 1
    assert "commas" in error.message


def test_a_column_that_stands_twice(refused):
    error = refused("mass_gev,xsec_br_fb,mass_gev\n1,2,3\n")
    assert (line_of(error), error.key) == (1, "mass_gev")


def test_the_cross_section_twice(refused):
    error = refused("mass_gev,xsec_br_fb,xsec_fb,br\n1,2,4,0.5\n")
    assert line_of(error) == 1
    assert "xsec_br_fb" in error.found
    assert "xsec_fb" in error.found


@pytest.mark.parametrize("header", ["mass_gev,xsec_br_fb,x", "mass_gev,xsec_fb,br"])
def test_a_branching_fraction_twice(refused, header):
    error = refused(f"{header}\n1,2,0.5\n", branching_fraction=0.5)
    assert error.key == "--br"


@pytest.mark.parametrize("value", [0.0, -0.5, 1.5, np.nan, np.inf])
def test_a_branching_fraction_beside_the_table_outside_its_domain(table, value):
    with pytest.raises(InputError, match="branching fraction") as caught:
        table("mass_gev,xsec_fb\n1,2\n", branching_fraction=value)
    assert caught.value.key == "--br"


def test_a_mass_that_stands_twice_names_both_lines(refused):
    error = refused("mass_gev,xsec_br_fb\n2.0,5\n1.0,3\n# again\n2.00,4\n")
    assert (line_of(error), error.key, error.found) == (5, "mass_gev", "2.0")
    assert "line 2" in error.expected


@pytest.mark.parametrize(("row", "found"), [("1.0", "1"), ("1.0,5,7", "3"), ("1.0,5,", "3")])
def test_a_line_with_another_number_of_fields(refused, row, found):
    error = refused(f"mass_gev,xsec_br_fb\n2.0,1\n{row}\n")
    assert (line_of(error), error.found, error.expected) == (3, found, "2")


@pytest.mark.parametrize(
    "row", ['"1.0,5', '1.0,"5', '"1.0"x,5', "1.0," + 140_000 * "9"], ids=["a", "b", "c", "long"]
)
def test_a_line_that_is_no_csv(refused, row):
    # a quote that is not closed does not swallow the lines below
    error = refused(f"mass_gev,xsec_br_fb\n2.0,1\n{row}\n3.0,1\n")
    assert line_of(error) == 3
    assert len(str(error)) < 400


@pytest.mark.parametrize("content", ["# nothing\n", "\n\n", b"\xef\xbb\xbf", " \n"])
def test_no_table_at_all(refused, content):
    assert "empty" in refused(content).message


def test_an_empty_file(refused):
    assert "empty" in refused("").message


@pytest.mark.parametrize("end", ["", "\n", "\n# no rows\n"])
def test_a_header_alone(refused, end):
    assert "no rows" in refused(f"mass_gev,xsec_br_fb{end}").message


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_bytes_of_another_encoding_are_placed(refused, start):
    error = refused(start + b"mass_gev,xsec_br_fb\n1.0,5\n# caf\xe9\n")
    assert line_of(error) == 3
    assert error.found == "byte 0xe9"


def test_a_table_in_utf_16(refused):
    assert "UTF-8" in refused(GOOD.encode("utf-16")).message


def test_a_nul_byte(refused):
    assert line_of(refused("mass_gev,xsec_br_fb\n1.0,\0005\n")) == 2


@pytest.mark.parametrize("space", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_line_breaks_count_as_lines(refused, space):
    assert line_of(refused(f"# a{space}b\nmass_gev,xsec_br_fb\n1.0,x\n")) == 3


def test_too_many_rows(refused):
    rows = "\n".join(f"{1 + 1e-6 * i:.6f},1" for i in range(100_001))
    error = refused(f"mass_gev,xsec_br_fb\n{rows}\n")
    assert error.found == "100001"
    assert "100000" in error.expected


def test_as_many_rows_as_are_read(table):
    rows = "\n".join(f"{1 + 1e-5 * i:.5f},1" for i in range(100_000))
    assert len(table(f"mass_gev,xsec_br_fb\n{rows}\n").mass_gev) == 100_000


def test_too_many_bytes(refused):
    error = refused(GOOD + "#" * (16 * 2**20))
    assert "bytes" in error.expected


@pytest.mark.parametrize("name", ["missing.csv", "folder"])
def test_what_is_no_file(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=name):
        read_xsec_table(tmp_path / name)


def test_text_from_elsewhere_is_named_by_its_source():
    with pytest.raises(InputError) as caught:
        parse_xsec_table("mass_gev,xsec_br_fb\n1,x\n", "the request")
    assert caught.value.where == "the request, line 2"
