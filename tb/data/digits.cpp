// SPDX-License-Identifier: Apache-2.0
// The built-in data set: digits drawn as pen strokes, distorted and noisy. Only +, -, ×, ÷ and square roots in double
// are used (rotations by rational parametrization, own uniform numbers), so every host draws the same pixels.
#include <algorithm>
#include <cmath>
#include <random>

#include "tb/data/dataset.h"
#include "types/util/cancellation.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

constexpr int kSide = 32;

struct Point {
  double x, y;
};

/// A pen stroke in a unit box, y downwards: straight between its points, or a smooth curve through them.
struct Stroke {
  bool curved;
  std::vector<Point> points;
};
using Glyph = std::vector<Stroke>;

/// Every way of writing each digit.
const std::vector<std::vector<Glyph>>& glyphs() {
  static const std::vector<std::vector<Glyph>> kGlyphs = {
      {{{true, {{.55, .0}, {.2, .12}, {.04, .5}, {.2, .88}, {.5, 1.}, {.8, .88}, {.96, .5}, {.82, .12}, {.55, .0}}}}},
      {{{false, {{.5, .0}, {.5, 1.}}}},
       {{false, {{.28, .22}, {.55, .0}, {.55, 1.}}}},
       {{false, {{.25, .2}, {.52, .0}, {.52, 1.}}}, {false, {{.2, 1.}, {.84, 1.}}}}},
      {{{true, {{.1, .25}, {.3, .03}, {.65, .02}, {.85, .25}, {.7, .52}, {.38, .8}, {.08, 1.}}},
        {false, {{.08, 1.}, {.94, 1.}}}},
       {{true,
         {{.12, .2},
          {.4, .0},
          {.78, .1},
          {.76, .42},
          {.5, .76},
          {.2, .98},
          {.08, .86},
          {.25, .78},
          {.6, .94},
          {.95, .9}}}}},
      {{{true, {{.1, .12}, {.45, .0}, {.8, .12}, {.76, .38}, {.36, .48}}},
        {true, {{.36, .48}, {.8, .56}, {.9, .78}, {.55, 1.}, {.08, .88}}}},
       {{false, {{.1, .02}, {.85, .02}, {.45, .42}}},
        {true, {{.45, .42}, {.82, .52}, {.88, .78}, {.55, 1.}, {.08, .9}}}}},
      {{{false, {{.62, .0}, {.05, .66}, {.96, .66}}}, {false, {{.66, .3}, {.66, 1.}}}},
       {{false, {{.2, .0}, {.1, .54}, {.84, .52}}}, {false, {{.84, .02}, {.76, 1.}}}}},
      {{{false, {{.88, .0}, {.24, .0}, {.18, .43}}},
        {true, {{.18, .43}, {.52, .36}, {.86, .52}, {.86, .8}, {.5, 1.}, {.08, .9}}}}},
      {{{true,
         {{.76, .0}, {.4, .18}, {.14, .52}, {.12, .84}, {.48, 1.}, {.84, .84}, {.78, .58}, {.45, .5}, {.14, .72}}}}},
      {{{false, {{.06, .02}, {.92, .02}, {.4, 1.}}}},
       {{false, {{.06, .02}, {.92, .02}, {.4, 1.}}}, {false, {{.36, .5}, {.84, .5}}}},
       {{false, {{.08, .2}, {.08, .02}, {.9, .02}, {.5, 1.}}}}},
      {{{true,
         {{.5, .47},
          {.2, .3},
          {.24, .08},
          {.5, .0},
          {.78, .08},
          {.82, .28},
          {.5, .47},
          {.16, .68},
          {.16, .9},
          {.5, 1.},
          {.86, .9},
          {.84, .66},
          {.5, .47}}}},
       {{true,
         {{.82, .12},
          {.5, .0},
          {.18, .16},
          {.3, .38},
          {.7, .6},
          {.86, .82},
          {.5, 1.},
          {.14, .82},
          {.34, .58},
          {.68, .38},
          {.84, .14}}}}},
      {{{true, {{.84, .24}, {.56, .0}, {.22, .08}, {.12, .32}, {.36, .5}, {.7, .44}, {.84, .24}}},
        {true, {{.84, .24}, {.82, .6}, {.6, 1.}}}},
       {{true, {{.84, .2}, {.5, .0}, {.14, .22}, {.36, .48}, {.8, .34}}}, {false, {{.84, .2}, {.8, 1.}}}}},
  };
  return kGlyphs;
}

/// Uniform numbers from the top 53 bits of the generator, which the standard fixes.
class Uniform final {
 public:
  explicit Uniform(std::uint64_t seed) : generator_(seed) {}
  double between(double low, double high) {
    return low + (high - low) * (static_cast<double>(generator_() >> 11) * 0x1p-53);
  }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(generator_() % count); }

 private:
  std::mt19937_64 generator_;
};

/// Catmull-Rom spline through the points, in short straight pieces.
std::vector<Point> flatten(const Stroke& stroke) {
  if (!stroke.curved) return stroke.points;
  constexpr int kPieces = 6;
  const std::vector<Point>& p = stroke.points;
  const auto at = [&p](std::ptrdiff_t i) {
    return nth(p, std::clamp<std::ptrdiff_t>(i, 0, static_cast<std::ptrdiff_t>(p.size()) - 1));
  };
  const auto blend = [](double a, double b, double c, double d, double t) {
    return b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
  };
  std::vector<Point> line = {p.front()};
  for (std::ptrdiff_t i = 0; i + 1 < static_cast<std::ptrdiff_t>(p.size()); ++i) {
    const Point a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
    for (int piece = 1; piece <= kPieces; ++piece) {
      const double t = static_cast<double>(piece) / kPieces;
      line.push_back({blend(a.x, b.x, c.x, d.x, t), blend(a.y, b.y, c.y, d.y, t)});
    }
  }
  return line;
}

/// Rotation, shear, scale and translation from the unit box to pixels.
class Placement final {
 public:
  explicit Placement(Uniform& random) {
    const double width = random.between(9.5, 15.0), height = random.between(17.0, 21.5);
    const double shear = random.between(-0.3, 0.3);
    const double t = random.between(-0.13, 0.13);  // tangent of half the angle: about ±15 degrees
    const double cosine = (1.0 - t * t) / (1.0 + t * t), sine = 2.0 * t / (1.0 + t * t);
    xx_ = cosine * width;
    xy_ = (-cosine * shear - sine) * height;
    yx_ = sine * width;
    yy_ = (-sine * shear + cosine) * height;
    center_ = {kSide / 2.0 + random.between(-2.0, 2.0), kSide / 2.0 + random.between(-2.0, 2.0)};
  }
  Point operator()(Point p) const {
    const double x = p.x - 0.5, y = p.y - 0.5;
    return {center_.x + xx_ * x + xy_ * y, center_.y + yx_ * x + yy_ * y};
  }

 private:
  double xx_ = 1.0, xy_ = 0.0, yx_ = 0.0, yy_ = 1.0;
  Point center_{};
};

double squared_distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along = length > 0.0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0.0;
  const double x = p.x - (a.x + along * dx), y = p.y - (a.y + along * dy);
  return x * x + y * y;
}

/// Lays one piece of a pen stroke onto the coverage (0..1) of every pixel it touches; edges are a pixel soft.
void draw_piece(std::vector<double>& coverage, Point a, Point b, double radius) {
  const double reach = radius + 1.0;
  const auto low = [reach](double u, double v) { return std::max(0, static_cast<int>(std::min(u, v) - reach)); };
  const auto high = [reach](double u, double v) {
    return std::min(kSide - 1, static_cast<int>(std::max(u, v) + reach));
  };
  for (int y = low(a.y, b.y); y <= high(a.y, b.y); ++y) {
    for (int x = low(a.x, b.x); x <= high(a.x, b.x); ++x) {
      const double distance = std::sqrt(squared_distance({x + 0.5, y + 0.5}, a, b));
      double& pixel = nth(coverage, y * kSide + x);
      pixel = std::max(pixel, std::clamp(radius + 0.5 - distance, 0.0, 1.0));
    }
  }
}

void draw_digit(float* pixels, std::size_t digit, Uniform& random) {
  const std::vector<Glyph>& ways = glyphs()[digit];
  Glyph glyph = ways[random.below(ways.size())];
  const Placement place(random);
  const double radius = random.between(0.7, 1.7), ink = random.between(200.0, 255.0), noise = random.between(0.0, 20.0);
  std::vector<double> coverage(kSide * kSide, 0.0);
  for (Stroke& stroke : glyph) {
    for (Point& point : stroke.points) {
      point.x += random.between(-0.045, 0.045);
      point.y += random.between(-0.045, 0.045);
    }
    const std::vector<Point> line = flatten(stroke);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) draw_piece(coverage, place(line[i]), place(line[i + 1]), radius);
  }
  for (std::size_t i = 0; i < coverage.size(); ++i) {
    const double value = ink * coverage[i] + noise * (random.between(-1.0, 1.0) + random.between(-1.0, 1.0));
    pixels[i] = static_cast<float>(std::floor(std::clamp(value, 0.0, 255.0) + 0.5));
  }
}

}  // namespace

Dataset make_digits(std::int64_t count, std::uint64_t seed) {
  constexpr std::int64_t kMaxDigits = 1'000'000;
  if (count < 1 || count > kMaxDigits) {
    throw InputError("data set digits of " + std::to_string(count) + " images; 1 to 1000000 are accepted");
  }
  Dataset data;
  data.name = "digits";
  data.images = FloatTensor(Shape{count, 1, kSide, kSide});
  Uniform random(seed);
  for (std::int64_t i = 0; i < count; ++i) {
    throw_if_canceled();
    const auto digit = static_cast<std::size_t>(i % 10);
    draw_digit(data.images.data.data() + i * kSide * kSide, digit, random);
    data.labels.push_back(static_cast<int>(digit));
  }
  return data;
}

}  // namespace systoliq::tb
