"""What tests do with the page, and what they read from it."""

from urllib.parse import parse_qs

LIMITS = "#limit-plot .u-over"
SIGNIFICANCES = "#significance-plot .u-over"
REDRAWN = "fourmu: plots redrawn"
"""Measure of the page's user timing."""
OBSERVED_LIMIT = "\N{GREEK SMALL LETTER SIGMA} \N{MULTIPLICATION SIGN} BR limit, observed"
"""Row of the table of a window."""


def link(page):
    """Permanent link of what is shown, as a mapping of lists."""
    # what playwright knows as the page's address comes after a while
    return parse_qs(page.evaluate("location.hash").removeprefix("#"))


def across(page, share, plot=LIMITS):
    """Position on the screen at a share of the width of a plot."""
    page.locator(plot).scroll_into_view_if_needed()
    box = page.locator(plot).bounding_box()
    return box["x"] + share * box["width"], box["y"] + 0.5 * box["height"]


def drag(page, first, last, plot=LIMITS):
    """Drag over a plot, positions as shares of its width."""
    page.mouse.move(*across(page, first, plot))
    page.mouse.down()
    page.mouse.move(*across(page, 0.5 * (first + last), plot))
    page.mouse.move(*across(page, last, plot))
    page.mouse.up()


def settled(page):
    """Wait until what was asked for is drawn."""
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def has_colour(page, plot, name):
    """Whether a colour of the style sheet, by its name there, is somewhere on a canvas."""
    return page.evaluate(
        """([place, name]) => {
          const drawn = document.querySelector(`${place} canvas`);
          const copy = Object.assign(document.createElement("canvas"), {
            width: drawn.width,
            height: drawn.height,
          });
          const pen = copy.getContext("2d", { willReadFrequently: true });
          pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
          pen.fillRect(0, 0, 1, 1);
          const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
          pen.clearRect(0, 0, 1, 1);
          pen.drawImage(drawn, 0, 0);
          const { data } = pen.getImageData(0, 0, copy.width, copy.height);
          for (let i = 0; i < data.length; i += 4) {
            const near = [red, green, blue].every((value, k) => Math.abs(data[i + k] - value) < 4);
            if (near && data[i + 3] > 250) return true;
          }
          return false;
        }""",
        [plot, name],
    )


def number_of(page, row):
    """Number at the beginning of a row of the table of the window."""
    cell = page.locator("#window-numbers tr", has=page.locator(f"th:text-is('{row}')"))
    return float(cell.locator("td").inner_text().split()[0].replace("\N{MINUS SIGN}", "-"))


def fill_table(page, text, *, coupling="1"):
    """Fill in the form for a table of cross sections and send it."""
    page.get_by_text("table of cross sections").click()
    page.get_by_label("At a common coupling of").fill(coupling)
    page.locator("#own-table").fill(text)
    page.get_by_role("button", name="Overlay its limit").click()
