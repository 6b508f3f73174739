# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws a run as SVG: time of a re-key against the number of members, both axes logarithmic."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 500, 80, 170, 50, 60


def decades(low, high):
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


class Axes:
    def __init__(self, xs, ys):
        self.x = decades(min(xs), max(xs))
        self.y = decades(min(ys), max(ys))

    def at(self, x, y):
        share_x = (math.log10(x) - self.x[0]) / max(self.x[-1] - self.x[0], 1)
        share_y = (math.log10(y) - self.y[0]) / max(self.y[-1] - self.y[0], 1)
        return LEFT + share_x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - share_y * (
            HEIGHT - TOP - BOTTOM)

    def draw(self):
        out = []
        for power in self.x:
            x, bottom = self.at(10 ** power, 10 ** self.y[0])
            _, top = self.at(10 ** power, 10 ** self.y[-1])
            out.append(line(x, bottom, x, top, "#ddd"))
            out.append(text(x, bottom + 20, "{:,}".format(10 ** power), "middle"))
        for power in self.y:
            left, y = self.at(10 ** self.x[0], 10 ** power)
            right, _ = self.at(10 ** self.x[-1], 10 ** power)
            out.append(line(left, y, right, y, "#ddd"))
            out.append(text(left - 8, y + 4, "%g" % 10 ** power, "end"))
        return out


def line(x1, y1, x2, y2, colour, width=1):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%g"/>' % (
        x1, y1, x2, y2, colour, width)


def text(x, y, words, anchor="start", more=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (x, y, anchor, more, words)


def draw(title, series):
    """series: [(name, colour, [(N, q1, median, q3)])] in ms. Returns the SVG text."""
    points = [p for _, _, list_ in series for p in list_]
    axes = Axes([p[0] for p in points], [v for p in points for v in p[1:]])
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'font-family="sans-serif" font-size="13">' % (WIDTH, HEIGHT),
           '<rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 28, title, more=' font-size="16"')]
    out += axes.draw()
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 15, "members of the group", "middle"))
    out.append(text(0, 0, "milliseconds", "middle", ' transform="translate(22,%d) rotate(-90)"'
                    % (HEIGHT // 2)))
    for i, (name, colour, list_) in enumerate(series):
        places = [axes.at(p[0], p[2]) for p in list_]
        out.append('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>' % (
            colour, " ".join("%.1f,%.1f" % place for place in places)))
        for p, (x, y) in zip(list_, places):
            out.append(line(x, axes.at(p[0], p[1])[1], x, axes.at(p[0], p[3])[1], colour, 2))
            out.append('<circle cx="%.1f" cy="%.1f" r="4" fill="%s"><title>%s, %d members: %.1f ms '
                       '(%.1f to %.1f)'
                       '</title></circle>' % (x, y, colour, name, p[0], p[2], p[1], p[3]))
        out.append(line(WIDTH - RIGHT + 15, TOP + 22 * i, WIDTH - RIGHT + 40, TOP + 22 * i, colour,
                        2))
        out.append(text(WIDTH - RIGHT + 46, TOP + 4 + 22 * i, name))
    return "\n".join(out + ["</svg>", ""])
