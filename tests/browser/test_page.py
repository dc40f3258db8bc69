"""The page as a physicist uses it: look, zoom, click, download, overlay, pass on the link."""

import io
import json
import os
import re
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: make test-browser")
pytest.importorskip("fastapi", reason="the service is not installed: pip install fourmu[service]")

import jsonpatch
import pyhf
from PIL import Image

from browser.pages import (
    LIMITS,
    OBSERVED_LIMIT,
    REDRAWN,
    SIGNIFICANCES,
    across,
    drag,
    fill_table,
    has_colour,
    link,
    number_of,
    settled,
)
from pyhf_reference import ExactGradients, model_and_data, pyhf_with

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning"),  # of pyhf
]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
FIGURES = Path(__file__).parents[2] / "docs" / "figures"
STATIC = Path(__file__).parents[2] / "src" / "fourmu" / "service" / "static"


@pytest.fixture(scope="session")
def columns(served):
    """Limits on the first model of the archive."""
    (first, *_) = served.get("api/models")
    return served.get(f"api/models/{first['name']}/limits")


@pytest.fixture(scope="session")
def fitted(columns):
    """Place of a window with a fit, in the middle of the scan."""
    with_limit = [place for place, x in enumerate(columns["xsec_limit_fb"]) if x is not None]
    return with_limit[len(with_limit) // 2]


@pytest.fixture(scope="session")
def table(columns):
    """A table of cross sections over the scan, near its limits."""
    first, last = columns["mass_gev"][0], columns["mass_gev"][-1]
    limit = sorted(x for x in columns["xsec_limit_fb"] if x is not None)
    middle = limit[len(limit) // 2]
    masses = [first * (last / first) ** (k / 9) for k in range(10)]
    rows = [f"{mass:.6g}, {middle * (2.0 - 0.15 * k):.4g}" for k, mass in enumerate(masses)]
    return "\n".join(["mass_gev, xsec_br_fb", *rows])


class TestLook:
    def test_says_what_it_shows(self, visit, served):
        page, archive = visit(), served.get("api/archive")
        assert "Pseudo-data" in page.locator("#data-kind").inner_text()
        assert "no Belle II data" in page.locator("#data-kind").inner_text()
        facts = page.locator("header").inner_text() + page.locator("footer").inner_text()
        for text in (
            f"{archive['luminosity_ifb']:g} fb⁻¹",
            f"{100 * archive['confidence_level']:g} % CL",
            archive["licence"],
            archive["citation"],
            archive["digest"][:16],
        ):
            assert text in facts

    def test_draws_limits_bands_and_significances(self, visit):
        page = visit()
        for colour in ("blue", "ink", "band-one", "band-two"):
            assert has_colour(page, "#limit-plot", colour)
        assert has_colour(page, "#significance-plot", "blue")
        assert not has_colour(page, "#limit-plot", "orange")

    def test_overlays_both_models_in_cross_section_and_coupling(self, visit):
        page = visit()
        page.locator("#models").get_by_text("S", exact=True).click()
        page.locator("#choose-quantity").get_by_text("coupling").click()
        settled(page)
        assert link(page) == {"models": ["zprime,scalar"], "quantity": ["coupling"]}
        for colour in ("blue", "orange", "purple"):
            assert has_colour(page, "#limit-plot", colour)
        legend = page.locator("#legend").inner_text()
        assert "(g\N{MINUS SIGN}2)μ" in legend
        assert "tridents" in legend
        page.get_by_label("tridents").uncheck()
        assert "tridents" not in page.locator("#legend").inner_text()

    def test_the_crosshair_tells_mass_window_limits_and_significance(self, visit, columns):
        page = visit("#x=linear")
        page.mouse.move(*across(page, 0.3))
        said = page.locator("#readout").inner_text()
        place = next(i for i, name in enumerate(columns["window"]) if f"window {name}" in said)
        assert f"{columns['mass_gev'][place]:.4f} GeV" in said
        assert f"{columns['z_local'][place]:.2f} \N{GREEK SMALL LETTER SIGMA}" in said
        assert "expected" in said

    def test_works_while_another_model_is_on_its_way(self, visit):
        waiting = []

        def wait(route):
            waiting.append(route)

        page = visit(before=lambda page: page.route("**/api/models/scalar/limits", wait))
        page.locator("#models").get_by_text("S", exact=True).click()
        page.mouse.move(*across(page, 0.3))
        page.mouse.move(*across(page, 0.6))
        assert "GeV" in page.locator("#readout").inner_text()
        page.locator("#choose-quantity").get_by_text("coupling").click()
        assert not has_colour(page, "#limit-plot", "orange")
        for route in waiting:
            route.continue_()
        page.locator("#legend", has_text="S observed").wait_for()
        assert has_colour(page, "#limit-plot", "orange")

    def test_lines_break_at_vetoes_and_vetoed_windows_say_so(self, visit, columns):
        place = columns["vetoed"].index(True)
        page = visit(f"#window={columns['window'][place]}")
        assert has_colour(page, "#limit-plot", "veto")
        assert "veto" in page.locator("#window-message").inner_text()
        assert page.locator("#window-workspace").is_hidden()

    def test_is_small(self):
        sent = [
            path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html", ".svg"}
        ]
        assert sum(path.stat().st_size for path in sent) < 200_000


class TestZoom:
    def test_a_drag_zooms_both_plots_and_back_undoes_it(self, visit):
        page = visit()
        drag(page, 0.3, 0.6)
        low, high = map(float, link(page)["zoom"][0].split(","))
        assert low < high
        # the other plot has the same masses at the same place
        page.mouse.move(*across(page, 0.5, LIMITS))
        above = page.locator("#readout").inner_text()
        page.mouse.move(*across(page, 0.5, SIGNIFICANCES))
        assert page.locator("#readout").inner_text() == above
        drag(page, 0.2, 0.7, SIGNIFICANCES)
        inner = [float(edge) for edge in link(page)["zoom"][0].split(",")]
        assert low < inner[0] < inner[1] < high
        page.go_back()
        assert link(page)["zoom"] == [f"{low:.6g},{high:.6g}"]
        page.go_back()
        assert "zoom" not in link(page)
        page.go_forward()
        assert link(page)["zoom"] == [f"{low:.6g},{high:.6g}"]

    def test_a_double_click_or_the_button_shows_all_masses(self, visit):
        page = visit()
        for reset in (
            lambda: page.mouse.dblclick(*across(page, 0.5)),
            lambda: page.get_by_role("button", name="All masses").click(),
        ):
            drag(page, 0.3, 0.6)
            assert "zoom" in link(page)
            reset()
            page.wait_for_timeout(400)
            assert link(page) == {}  # no window was opened on the way

    def test_buttons_zoom_and_move(self, visit):
        page = visit()
        page.get_by_role("button", name="Zoom in").click()
        low, high = map(float, link(page)["zoom"][0].split(","))
        page.get_by_role("button", name="To higher masses").click()
        moved = [float(edge) for edge in link(page)["zoom"][0].split(",")]
        assert low < moved[0] < high < moved[1]
        for _ in range(3):
            page.get_by_role("button", name="Zoom out").click(force=True)
        assert link(page) == {}

    def test_redraws_two_models_of_2270_windows_within_50_ms(self, visit, columns):
        def serve_full_scan(page):
            page.route("**/api/models/*/limits", lambda route: route.fulfill(json=_full(columns)))

        page = visit("#models=zprime,scalar&quantity=coupling", before=serve_full_scan)
        for name in ("Zoom in", "To higher masses", "To lower masses", "To lower masses") * 4:
            page.get_by_role("button", name=name).click()
        took = page.evaluate(
            "(name) => performance.getEntriesByName(name).map((entry) => entry.duration)", REDRAWN
        )
        assert len(took) >= 10
        assert sorted(took)[len(took) // 2] < 50.0  # the median: others share the processors


class TestWindow:
    def test_a_click_shows_its_fit_and_numbers(self, visit, columns):
        page = visit("#x=linear")
        page.mouse.click(*across(page, 0.25))
        page.wait_for_selector("#window-content:not([hidden])")
        settled(page)
        (name,) = link(page)["window"]
        place = columns["window"].index(name)
        assert name in page.locator("#window-title").inner_text()
        shown = number_of(page, OBSERVED_LIMIT)
        assert shown == pytest.approx(columns["xsec_limit_fb"][place], rel=5e-3)
        shown = number_of(page, "Local significance")
        assert shown == pytest.approx(columns["z_local"][place], abs=5e-3)
        for colour in ("blue", "ink"):
            assert has_colour(page, "#fit-plot", colour)

    def test_bins_are_in_a_table_too(self, visit, served, columns, fitted):
        name = columns["window"][fitted]
        fit = served.get(f"api/windows/{name}/fit?model={columns['model']}")
        page = visit(f"#window={name}")
        settled(page)
        page.get_by_text("Bins as a table").click()
        rows = page.locator("#fit-bins tr")
        assert rows.count() == len(fit["observed"])
        counts = [
            float(text) for text in page.locator("#fit-bins td:nth-child(2)").all_inner_texts()
        ]
        assert counts == fit["observed"]

    def test_neighbours_and_other_models_are_a_press_away(self, visit, columns, fitted):
        page = visit(f"#window={columns['window'][fitted]}")
        page.locator("#window-next").click()
        assert link(page)["window"] == [columns["window"][fitted + 1]]
        page.get_by_label("Signal of").select_option("scalar")
        assert link(page)["fit"] == ["scalar"]
        settled(page)
        assert "gₛ" in page.locator("#window-numbers").inner_text()

    def test_a_mass_can_be_typed(self, visit, columns, fitted):
        page = visit()
        page.get_by_label("Window at mass").fill(f"{columns['mass_gev'][fitted]:.5f}")
        page.keyboard.press("Enter")
        assert link(page)["window"] == [columns["window"][fitted]]
        assert page.evaluate("document.activeElement.id") == "window-title"

    def test_the_downloaded_workspace_has_the_same_limit_in_pyhf(self, visit, columns, fitted):
        page = visit(f"#window={columns['window'][fitted]}")
        settled(page)

        def download(name):
            with page.expect_download() as started:
                page.locator("#window-files").get_by_text(name, exact=True).click()
            return Path(started.value.path()).read_text(encoding="utf-8")

        workspace = json.loads(download("Workspace"))
        patched = jsonpatch.apply_patch(
            json.loads(download("Background only")), json.loads(download("Patch"))
        )
        assert patched == workspace
        shown = columns["xsec_limit_fb"][fitted]
        assert number_of(page, OBSERVED_LIMIT) == pytest.approx(shown, rel=5e-3)
        assert _limit_of_pyhf(workspace, shown) == pytest.approx(shown, rel=1e-4)

    def test_the_csv_has_the_bins(self, visit, served, columns, fitted):
        name = columns["window"][fitted]
        page = visit(f"#window={name}")
        settled(page)
        with page.expect_download() as started:
            page.get_by_role("button", name="CSV").click()
        assert started.value.suggested_filename == f"{name}_{columns['model']}_fit.csv"
        head, *rows = Path(started.value.path()).read_text(encoding="utf-8").splitlines()
        fit = served.get(f"api/windows/{name}/fit?model={columns['model']}")
        at = head.split(",").index("total")
        assert [float(row.split(",")[at]) for row in rows] == fit["total"]

    def test_a_fit_that_fails_is_told_in_words(self, visit, columns, fitted):
        def refuse(page):
            problem = {
                "type": "about:blank",
                "title": "Busy",
                "status": 503,
                "detail": "too many fits",
            }
            page.route("**/fit?*", lambda route: route.fulfill(status=503, json=problem))

        fragment = f"#window={columns['window'][fitted]}"
        page = visit(fragment, before=refuse, expected=("503",))
        settled(page)
        assert page.locator("#window-message").inner_text() == "No fit: too many fits"
        assert number_of(page, OBSERVED_LIMIT) > 0.0


class TestOwnModel:
    def test_couplings_are_computed_overlaid_and_removed(self, visit):
        page = visit()
        assert not has_colour(page, "#limit-plot", "brown")
        page.locator("#own-gV").fill("1")
        page.get_by_label("axial").fill("0.5")
        page.get_by_role("button", name="Overlay its limit").click()
        page.locator("#own-list progress").wait_for()
        page.locator("#own-list", has_text="have a limit").wait_for()
        settled(page)
        assert "gV = 1, gA = 0.5" in page.locator("#own-list").inner_text()
        assert has_colour(page, "#limit-plot", "brown")
        assert json.loads(link(page)["own"][0])["body"]["gA"] == 0.5
        page.get_by_role("button", name="Remove").click()
        settled(page)
        assert not has_colour(page, "#limit-plot", "brown")
        assert "own" not in link(page)
        page.go_back()  # what was computed is kept
        page.locator("#own-list", has_text="have a limit").wait_for()
        assert has_colour(page, "#limit-plot", "brown")

    def test_a_computation_can_be_left(self, visit):
        page = visit()
        page.get_by_label("axial").fill("0.25")
        page.get_by_role("button", name="Overlay its limit").click()
        page.locator("#own-list progress").wait_for()
        page.get_by_role("button", name="Remove").click()
        assert page.locator("#own-list li").count() == 0
        assert page.locator("#own-submit").is_enabled()
        assert page.locator("#own-error").inner_text() == ""

    def test_a_pasted_table_is_overlaid(self, visit, table):
        page = visit()
        fill_table(page, table)
        page.locator("#own-list", has_text="Excluded at a coupling of 1").wait_for()
        settled(page)
        assert has_colour(page, "#limit-plot", "brown")
        body = json.loads(link(page)["own"][0])["body"]
        assert len(body["mass_gev"]) == 10
        assert body["every_window"]

    @pytest.mark.parametrize(("windows", "count"), [("rows", 10), ("every", None)])
    def test_a_table_has_limits_at_its_masses_or_between(
        self, visit, table, columns, windows, count
    ):
        page = visit()
        page.get_by_text("table of cross sections").click()
        page.get_by_label("Limits at").select_option(windows)
        fill_table(page, table)
        entry = page.locator("#own-list", has_text="have a limit")
        entry.wait_for()
        # the ends of the table are those of the scan, rounded: a window there may lie outside
        words = re.search(r"(\d+) of (\d+) masses have a limit", entry.inner_text())
        expected = (
            (count,) if count else range(len(columns["mass_gev"]) - 2, len(columns["mass_gev"]) + 1)
        )
        assert int(words[2]) in expected

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "The table is empty."),
            ("mass_gev,xsec_br_fb\n2.0,abc", "Line 2: “abc” is no number."),
            ("mass_gev,xsec\n2.0,1", "“xsec” is no known column"),
            ("2.0,1\n2.1", "Line 2 has 1 columns and not 2."),
            ("2.0,1,0.5,7", "has 4 columns"),
            ("2.0,1\n2.0,2", "twice"),  # the service finds this one
            ("2.0,-1", "greater than or equal to 0"),
        ],
    )
    def test_what_is_wrong_with_a_table_stands_beside_it(self, visit, text, words):
        page = visit(expected=("422",))
        fill_table(page, text)
        error = page.locator("#own-error")
        page.wait_for_function("() => document.getElementById('own-error').textContent !== ''")
        assert words in error.inner_text()
        assert page.locator(".field:has(#own-table) #own-error").count() == 1
        assert page.locator("#own-table").get_attribute("aria-invalid") == "true"
        assert page.evaluate("document.activeElement.id") == "own-table"
        assert page.locator("#own-list li").count() == 0

    def test_what_is_wrong_with_a_number_stands_beside_it(self, visit):
        page = visit(expected=("422",))
        page.get_by_label("axial").fill("1e9")
        page.get_by_role("button", name="Overlay its limit").click()
        page.wait_for_selector(".field:has(#own-gA) #own-error")
        assert "100" in page.locator("#own-error").inner_text()
        page.get_by_label("axial").fill("much")
        page.get_by_role("button", name="Overlay its limit").click()
        assert page.locator("#own-error").inner_text() == "The coupling gA must be a number."

    def test_there_is_room_for_four_models(self, visit, table):
        page = visit("#quantity=coupling")
        for k in range(4):
            fill_table(page, table, coupling=f"0.0{k + 1}")
            page.locator("#own-list li").nth(k).get_by_text("have a limit").wait_for()
        for colour in ("brown", "cyan", "red", "grey"):
            assert has_colour(page, "#limit-plot", colour)
        fill_table(page, table, coupling="0.05")
        assert "remove one first" in page.locator("#own-error").inner_text()


class TestLink:
    def test_restores_the_view_elsewhere(self, visit, columns, fitted, table):
        page = visit()
        page.locator("#models").get_by_text("S", exact=True).click()
        page.locator("#choose-quantity").get_by_text("coupling").click()
        page.locator("#choose-x").get_by_text("linear").click()
        page.locator("#choose-y").get_by_text("linear").click()
        page.get_by_label("Expected band").select_option("scalar")
        drag(page, 0.2, 0.9)
        page.get_by_label("Window at mass").fill(f"{columns['mass_gev'][fitted]:.5f}")
        page.keyboard.press("Enter")
        fill_table(page, table)
        page.locator("#own-list", has_text="have a limit").wait_for()
        page.mouse.move(0, 0)
        settled(page)

        other = visit(page.evaluate("location.hash"))
        other.locator("#own-list", has_text="have a limit").wait_for()
        settled(other)
        assert other.url == page.url
        for selector in (
            "#legend",
            "#limit-caption",
            "#window-title",
            "#window-numbers",
            "#own-list",
        ):
            assert other.locator(selector).inner_text() == page.locator(selector).inner_text()
        pixels = "(place) => document.querySelector(`${place} canvas`).toDataURL()"
        for plot in ("#limit-plot", "#significance-plot", "#fit-plot"):
            assert other.evaluate(pixels, plot) == page.evaluate(pixels, plot)

    @pytest.mark.parametrize(
        "fragment",
        [
            "#models=none&quantity=x&zoom=3,1&window=w9999999&x=cubic&own={",
            "#zoom=a,b&own=%7B%22kind%22%3A%22couplings%22%7D&own=null&own=[]&models=",
            "#%00&own=1&window=<script>&hide=everything",
        ],
    )
    def test_whatever_makes_no_sense_is_passed_over(self, visit, fragment):
        page = visit(fragment)
        assert has_colour(page, "#limit-plot", "blue")
        assert page.locator("#window-content").is_hidden()
        assert page.locator("#own-list li").count() == 0

    def test_can_be_copied(self, visit):
        page = visit("#quantity=coupling", permissions=["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy link").click()
        page.locator("#announcement", has_text="copied").wait_for(state="attached")
        assert page.evaluate("navigator.clipboard.readText()") == page.url


class TestKeyboard:
    def test_plots_are_walked_through_and_a_window_opened(self, visit, columns):
        page = visit()
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "plots":
                break
        assert page.evaluate("document.activeElement.id") == "plots"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        readout = page.locator("#readout")
        assert columns["window"][2] in readout.inner_text()
        assert readout.get_attribute("aria-live") == "polite"
        page.keyboard.press("+")
        assert "zoom" in link(page)
        assert columns["window"][2] in readout.inner_text()
        page.keyboard.press("Escape")
        assert "zoom" not in link(page)
        assert columns["window"][2] in readout.inner_text()
        page.keyboard.press("Enter")
        assert link(page)["window"] == [columns["window"][2]]
        assert page.evaluate("document.activeElement.id") == "window-title"

    def test_everything_has_a_name_and_shows_the_focus(self, visit, columns, fitted):
        page = visit(f"#quantity=coupling&window={columns['window'][fitted]}")
        settled(page)
        seen = []
        for _ in range(80):
            page.keyboard.press("Tab")
            found = page.evaluate(_FOCUSED)
            if found is None:
                break
            assert found["name"], found
            assert found["outlined"], found
            seen.append(found["id"])
        order = [
            seen.index(name) for name in ("theme", "band", "plots", "window-csv", "own-submit")
        ]
        assert order == sorted(order)

    def test_controls_answer_to_keys(self, visit):
        page = visit()
        page.locator("#choose-quantity input").first.focus()
        page.keyboard.press("ArrowRight")
        assert link(page)["quantity"] == ["coupling"]
        page.locator("#models input").nth(1).focus()
        page.keyboard.press("Space")
        assert link(page)["models"] == ["zprime,scalar"]
        # one model stays
        page.locator("#models input").nth(0).focus()
        page.keyboard.press("Space")
        page.locator("#models input").nth(1).focus()
        page.keyboard.press("Space")
        assert link(page)["models"] == ["scalar"]
        assert page.locator("#models input").nth(1).is_checked()


class TestPhone:
    def test_fits_and_is_tapped(self, visit, columns, fitted):
        page = visit(f"#quantity=coupling&window={columns['window'][fitted]}", **PHONE)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select, input, .button")]
              .filter((one) => one.offsetParent && !one.closest("label"))
              .filter((one) => one.getBoundingClientRect().height < 32).map((one) => one.id)"""
        )
        assert small == []
        page.touchscreen.tap(*across(page, 0.2))
        page.wait_for_function(
            "(old) => !location.hash.includes(old)", arg=columns["window"][fitted]
        )
        assert link(page)["window"] != [columns["window"][fitted]]
        top = page.locator("#window-panel").bounding_box()["y"]
        assert top < 740  # the panel came into view

    def test_fingers_zoom_and_move(self, visit):
        page = visit(**PHONE)
        touch = page.context.new_cdp_session(page)

        def fingers(kind, *shares):
            points = [
                {"x": x, "y": y, "id": k}
                for k, (x, y) in enumerate(across(page, share) for share in shares)
            ]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        fingers("touchStart", 0.4, 0.6)
        fingers("touchMove", 0.3, 0.7)
        fingers("touchMove", 0.2, 0.8)
        fingers("touchEnd")
        page.wait_for_function("() => location.hash.includes('zoom')")
        low, high = map(float, link(page)["zoom"][0].split(","))
        before = page.evaluate("location.hash")
        fingers("touchStart", 0.6)
        fingers("touchMove", 0.5)
        fingers("touchMove", 0.3)
        fingers("touchEnd")
        page.wait_for_function("(before) => location.hash !== before", arg=before)
        moved = [float(edge) for edge in link(page)["zoom"][0].split(",")]
        assert low < moved[0] < high < moved[1]


class TestTheme:
    def test_follows_the_system_and_remembers_a_choice(self, visit):
        page = visit(color_scheme="dark")
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert has_colour(page, "#limit-plot", "band-two")
        page.get_by_role("button", name="Dark theme").click()
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert light != dark
        assert has_colour(page, "#limit-plot", "band-two")
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light

    def test_changes_with_the_system(self, visit):
        page = visit(color_scheme="light")
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
        settled(page)
        assert has_colour(page, "#limit-plot", "band-two")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_text_can_be_read(self, visit, scheme):
        page = visit(color_scheme=scheme)
        for text, ground, least in (
            ("ink", "surface", 7.0),
            ("ink-soft", "card", 4.5),
            ("accent", "surface", 4.5),
            ("on-accent", "accent", 4.5),
            ("bad", "card", 4.5),
            ("ink", "notice", 7.0),
            *(
                (line, "surface", 2.9)
                for line in ("blue", "orange", "red", "purple", "cyan", "brown", "grey")
            ),
        ):
            colours = [_colour(page, name) for name in (text, ground)]
            assert _contrast(*colours) >= least, (text, ground)

    def test_prints_light_and_without_what_can_be_pressed(self, visit, columns, fitted):
        page = visit(f"#window={columns['window'][fitted]}", color_scheme="dark")
        settled(page)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        settled(page)
        page.emulate_media(media="print")
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert _contrast(_colour(page, "band-two"), (255, 255, 255)) < 1.5
        assert has_colour(page, "#limit-plot", "band-two")
        for selector in (".controls", "#readout", "#own-form", "#theme", ".files"):
            assert page.locator(selector).first.is_hidden()
        assert page.locator("#window-numbers").is_visible()
        page.emulate_media(media="screen")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    def test_nothing_moves_for_those_who_do_not_want_it(self, visit):
        page = visit(reduced_motion="reduce")
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((one) => {
              const style = getComputedStyle(one);
              return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
            }).length"""
        )
        assert moving == 0


class TestSafety:
    def test_markup_of_the_archive_and_of_the_user_stays_text(self, visit, served, table):
        evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        archive = {**served.get("api/archive"), "title": evil, "licence": evil, "citation": evil}
        models = [{**model, "title": evil} for model in served.get("api/models")]

        def lie(page):
            page.route("**/api/archive", lambda route: route.fulfill(json=archive))
            page.route("**/api/models", lambda route: route.fulfill(json=models))
            page.on("dialog", lambda _: pytest.fail("a script ran"))

        page = visit(before=lie)
        page.get_by_label("Name (optional)").fill(evil[:60])
        fill_table(page, table)
        page.locator("#own-list", has_text="have a limit").wait_for()
        assert evil in page.locator("#archive-title").inner_text()
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 3

    def test_without_the_service_the_page_says_so(self, visit):
        def cut(page):
            problem = {
                "type": "about:blank",
                "title": "No",
                "status": 503,
                "detail": "closed today",
            }
            page.route(
                "**/api/models/*/limits", lambda route: route.fulfill(status=503, json=problem)
            )

        page = visit(before=cut, expected=("503",))
        assert page.locator("#failure").inner_text() == "Nothing to show: closed today."


@pytest.fixture
def figures(tmp_path):
    """Folder of screenshots: that of the documentation for ``make screenshots`` alone."""
    return FIGURES if "FOURMU_SCREENSHOTS" in os.environ else tmp_path


class TestScreenshots:
    """Figures of the documentation, which are of the whole archive there."""

    @pytest.mark.parametrize(
        ("name", "fragment", "options"),
        [
            ("limits", "#models=zprime&window={significant}", {}),
            ("couplings_dark", "#quantity=coupling&models=zprime,scalar", {"color_scheme": "dark"}),
            ("phone", "", {**PHONE, "viewport": {"width": 360, "height": 1150}}),
        ],
    )
    def test_of_views(self, visit, columns, figures, name, fragment, options):
        significance = [z or 0.0 for z in columns["z_local"]]
        window = columns["window"][significance.index(max(significance))]
        page = visit(fragment.format(significant=window), **options)
        settled(page)
        _keep(page, figures, name)

    def test_of_an_own_model(self, visit, table, figures):
        page = visit("#models=zprime", viewport={"width": 1000, "height": 1200})
        fill_table(page, table)
        page.locator("#own-list", has_text="have a limit").wait_for()
        page.locator("#limit-caption").scroll_into_view_if_needed()
        settled(page)
        _keep(page, figures, "own_model")


def _keep(page, figures, name):
    path = figures / f"page_{name}.png"
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    # flat colours: a palette is as good, and a third of the size
    picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < 200_000


def _limit_of_pyhf(workspace, near):
    """Upper limit at 90 % CL that pyhf finds by itself, with its own root finding."""
    model, data = model_and_data(workspace)
    codes = {"normsys_code": "code4", "histosys_code": "code4p"}
    with pyhf_with(ExactGradients(workspace, codes)):
        found = pyhf.infer.intervals.upper_limits.toms748_scan(
            data, model, 0.5 * near, 2.0 * near, level=0.1, rtol=1e-6
        )
    return float(found[0])


def _full(columns):
    """Columns of 2,270 windows from 0.212 to 9 GeV, with the values of a small scan in turn."""
    n, short = 2270, len(columns["window"])

    def repeated(values):
        return (values * (n // short + 1))[:n]

    mass = [0.212 * (9.0 / 0.212) ** (k / (n - 1)) for k in range(n)]
    full = {key: repeated(value) for key, value in columns.items() if isinstance(value, list)}
    band = columns["g_minus_2"]
    return {
        **columns,
        **full,
        "mass_gev": mass,
        "window": [f"w{k:04d}" for k in range(n)],
        "g_minus_2": {
            **band,
            "coupling_low": repeated(band["coupling_low"]),
            "coupling_high": repeated(band["coupling_high"]),
        },
        "trident": None,
    }


_FOCUSED = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const shown = one.matches(".segments input") ? one.nextElementSibling : one;
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent
    || document.getElementById(one.getAttribute("aria-labelledby"))?.textContent || "";
  const outlined = getComputedStyle(shown).outlineStyle !== "none";
  return { id: one.id, name: name.trim(), outlined };
}"""


def _colour(page, name):
    """Red, green and blue of a colour of the style sheet."""
    return page.evaluate(
        """(name) => {
          const pen = document.createElement("canvas").getContext("2d");
          pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
          pen.fillRect(0, 0, 1, 1);
          return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }""",
        name,
    )


def _contrast(first, second):
    """Contrast of two colours as WCAG 2 defines it, 1 to 21."""

    def luminance(colour):
        shares = [value / 255 for value in colour]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        weights = (0.2126, 0.7152, 0.0722)
        return sum(weight * value for weight, value in zip(weights, linear, strict=True))

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
