/* Passes over arrays for which PyTorch takes several, each reading and writing all of them. See passes.py.
 *
 * Numbers are float32 or, where `narrow`, bfloat16; all arithmetic is float32. Compiled once an instruction set.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STRIP 64 /* channels that are worked on together */
#define INLINE static inline __attribute__((always_inline))
#define BY_WIDTH(name, ...) (narrow ? name(__VA_ARGS__, 1) : name(__VA_ARGS__, 0)) /* two loops, each without branches */

INLINE float get(const void *from, size_t k, int narrow) {
    if (!narrow) return ((const float *)from)[k];
    uint32_t bits = (uint32_t)((const uint16_t *)from)[k] << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/* Rounded to the nearest, ties to even; NaN stays NaN. */
INLINE void put(void *to, size_t k, float value, int narrow) {
    if (!narrow) {
        ((float *)to)[k] = value;
        return;
    }
    uint32_t bits;
    memcpy(&bits, &value, 4);
    bits = (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits + 0x7fff + (bits >> 16 & 1);
    ((uint16_t *)to)[k] = (uint16_t)(bits >> 16);
}

/* e^x for x <= 0, error 2e-7 of it: e^x = 2^n e^r, |r| <= ln(2) / 2, and Cephes' polynomial for e^r. NaN stays NaN. */
INLINE float exponential(float x) {
    const float rounding = 12582912; /* 1.5 * 2^23: adding it leaves the nearest integer in the lowest bits */
    x = x < -87 ? -87 : x;           /* 1.6e-38, the smallest power that is not subnormal */
    float shifted = x * 1.44269504f + rounding;
    float n = shifted - rounding;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1;
    uint32_t power, bits;
    memcpy(&power, &shifted, 4);
    memcpy(&bits, &y, 4);
    bits += power << 23;
    memcpy(&y, &bits, 4);
    return y;
}

INLINE void scaled_relu(const void *x, const float *scale, const float *offset, void *out, size_t pixels,
                        size_t channels, int narrow) {
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0, k = p * channels; c < channels; c++, k++) {
            float value = get(x, k, narrow) * scale[c] + offset[c];
            put(out, k, value < 0 ? 0 : value, narrow); /* NaN stays NaN */
        }
}

INLINE void scaled_relu_back(const void *x, const float *scale, const float *offset, const void *gradient, void *back,
                             float *restrict to_scale, float *restrict to_offset, size_t pixels, size_t channels,
                             int narrow) {
    memset(to_scale, 0, channels * sizeof(float));
    memset(to_offset, 0, channels * sizeof(float));
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0, k = p * channels; c < channels; c++, k++) {
            float value = get(x, k, narrow), passed = get(gradient, k, narrow);
            passed = value * scale[c] + offset[c] > 0 ? passed : 0;
            put(back, k, passed * scale[c], narrow);
            to_scale[c] += passed * value;
            to_offset[c] += passed;
        }
}

INLINE void add(void *x, const void *other, size_t channels, int narrow) {
    for (size_t c = 0; c < channels; c++) put(x, c, get(x, c, narrow) + get(other, c, narrow), narrow);
}

/* e^(x - largest) into `row`; returns their sum. */
INLINE float powers(const void *x, float *restrict row, size_t length, int narrow) {
    float largest = -INFINITY, sum = 0;
#pragma omp simd reduction(max : largest)
    for (size_t k = 0; k < length; k++) {
        float value = get(x, k, narrow);
        largest = value > largest ? value : largest;
    }
#pragma omp simd reduction(+ : sum)
    for (size_t k = 0; k < length; k++) sum += row[k] = exponential(get(x, k, narrow) - largest);
    return sum;
}

INLINE void softmax(void *x, float *restrict row, size_t length, int narrow) {
    float share = 1 / powers(x, row, length, narrow);
    for (size_t k = 0; k < length; k++) put(x, k, row[k] * share, narrow);
}

INLINE void softmax_back(void *x, void *gradient, float *restrict row, size_t length, int narrow) {
    float share = 1 / powers(x, row, length, narrow), mean = 0;
#pragma omp simd reduction(+ : mean)
    for (size_t k = 0; k < length; k++) mean += row[k] * share * get(gradient, k, narrow);
    for (size_t k = 0; k < length; k++) {
        put(gradient, k, row[k] * share * (get(gradient, k, narrow) - mean), narrow);
        put(x, k, row[k] * share, narrow);
    }
}

INLINE float dot(const float *factors, float (*from)[STRIP], size_t apart, size_t length, size_t v) {
    float sum = 0;
    for (size_t k = 0; k < length; k++) sum += factors[k] * from[k * apart][v];
    return sum;
}

/* mix tile mix^T for mix (rows, length) and tile (length, length), of each channel of a strip. Its numbers (i, j) go to
 * `to` at i * down + j * across. */
INLINE void mix_tile(const float *mix, float (*tile)[STRIP], void *to, size_t down, size_t across, size_t rows,
                     size_t length, size_t strip, int narrow) {
    float half[16][STRIP]; /* (rows, length) */
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < length; j++)
            for (size_t v = 0; v < strip; v++)
                half[i * length + j][v] = dot(mix + i * length, tile + j, length, length, v);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++)
            for (size_t v = 0; v < strip; v++)
                put(to, i * down + j * across + v, dot(mix + j * length, half + i * length, 1, length, v), narrow);
}

/* One tile of an image x (height, width, channels), its first pixel at (top, left), to planes `apart` numbers apart. */
INLINE void tile_to_planes(const char *x, const float *mix, char *planes, ptrdiff_t top, ptrdiff_t left,
                           ptrdiff_t height, ptrdiff_t width, size_t channels, size_t apart, size_t kinds, size_t side,
                           int narrow) {
    float tile[16][STRIP]; /* (side, side) */
    for (size_t start = 0; start < channels; start += STRIP) {
        size_t strip = channels - start < STRIP ? channels - start : STRIP;
        for (size_t k = 0; k < side * side; k++) {
            ptrdiff_t row = top + (ptrdiff_t)(k / side), column = left + (ptrdiff_t)(k % side);
            int inside = row >= 0 && row < height && column >= 0 && column < width;
            size_t at = inside ? (size_t)(row * width + column) * channels + start : 0;
            for (size_t v = 0; v < strip; v++) tile[k][v] = inside ? get(x, at + v, narrow) : 0;
        }
        mix_tile(mix, tile, planes + start * (narrow ? 2 : 4), kinds * apart, apart, kinds, side, strip, narrow);
    }
}

/* The numbers of one tile in planes `apart` numbers apart to pixels (side, side) of an image `width` wide. */
INLINE void planes_to_tile(const char *planes, const float *mix, char *out, size_t width, size_t channels, size_t apart,
                           size_t side, size_t kinds, int narrow) {
    float tile[16][STRIP]; /* (kinds, kinds) */
    for (size_t start = 0; start < channels; start += STRIP) {
        size_t strip = channels - start < STRIP ? channels - start : STRIP;
        for (size_t k = 0; k < kinds * kinds; k++)
            for (size_t v = 0; v < strip; v++) tile[k][v] = get(planes, k * apart + start + v, narrow);
        mix_tile(mix, tile, out + start * (narrow ? 2 : 4), width * channels, channels, side, kinds, strip, narrow);
    }
}

/* Images in blocks of pixels (images, blocks, pixels, channels); scale and offset (images, channels). */
void scaled_relu_of_images(const char *x, const float *scale, const float *offset, char *out, size_t images,
                           size_t blocks, size_t pixels, size_t channels, int narrow) {
    size_t block = pixels * channels * (narrow ? 2 : 4);
#pragma omp parallel for
    for (size_t k = 0; k < images * blocks; k++) {
        size_t at = k * block, of_image = k / blocks * channels;
        BY_WIDTH(scaled_relu, x + at, scale + of_image, offset + of_image, out + at, pixels, channels);
    }
}

/* Sums of each block, to scale and to offset: (images, blocks, 2, channels). */
void scaled_relu_of_images_back(const char *x, const float *scale, const float *offset, const char *gradient,
                                char *back, float *sums, size_t images, size_t blocks, size_t pixels, size_t channels,
                                int narrow) {
    size_t block = pixels * channels * (narrow ? 2 : 4);
#pragma omp parallel for
    for (size_t k = 0; k < images * blocks; k++) {
        size_t at = k * block, of_image = k / blocks * channels;
        float *to_scale = sums + 2 * k * channels;
        BY_WIDTH(scaled_relu_back, x + at, scale + of_image, offset + of_image, gradient + at, back + at, to_scale,
                 to_scale + channels, pixels, channels);
    }
}

/* To each four pixels of x (2 * rows, 2 * columns, channels) one of small (rows, columns, channels) is added. */
void add_upsampled(char *x, const char *small, size_t rows, size_t columns, size_t channels, int narrow) {
    size_t pixel = channels * (narrow ? 2 : 4);
#pragma omp parallel for
    for (size_t row = 0; row < 2 * rows; row++)
        for (size_t column = 0; column < 2 * columns; column++) {
            char *to = x + (row * 2 * columns + column) * pixel;
            BY_WIDTH(add, to, small + (row / 2 * columns + column / 2) * pixel, channels);
        }
}

/* Rows (rows, length), in place. */
void softmax_of_rows(char *x, size_t rows, size_t length, int narrow) {
#pragma omp parallel
    {
        float row[length];
#pragma omp for
        for (size_t k = 0; k < rows; k++) BY_WIDTH(softmax, x + k * length * (narrow ? 2 : 4), row, length);
    }
}

/* x becomes its softmax, and the gradient to that becomes the gradient to x: both (rows, length), in place. */
void softmax_of_rows_back(char *x, char *gradient, size_t rows, size_t length, int narrow) {
#pragma omp parallel
    {
        float row[length];
#pragma omp for
        for (size_t k = 0; k < rows; k++) {
            size_t at = k * length * (narrow ? 2 : 4);
            BY_WIDTH(softmax_back, x + at, gradient + at, row, length);
        }
    }
}

/* Tiles (side, side) of images x (images, stride * rows, stride * columns, channels), the first from pixel (-1, -1) on
 * and each `stride` after the one before, mixed by mix (kinds, side) along both axes. A plane's numbers of a tile lie at
 * plane * apart + tile * width. */
void tiles_to_planes(const char *x, const float *mix, char *planes, size_t images, size_t rows, size_t columns,
                     size_t stride, size_t channels, size_t apart, size_t width, size_t kinds, size_t side, int narrow) {
    size_t size = narrow ? 2 : 4, wide = stride * columns;
#pragma omp parallel for
    for (size_t k = 0; k < images * rows; k++)
        for (size_t column = 0; column < columns; column++) {
            const char *image = x + k / rows * stride * rows * wide * channels * size;
            char *to = planes + (k * columns + column) * width * size;
            ptrdiff_t top = (ptrdiff_t)(k % rows * stride) - 1, left = (ptrdiff_t)(column * stride) - 1;
#define TILE(kinds, side) \
    BY_WIDTH(tile_to_planes, image, mix, to, top, left, stride * rows, wide, channels, apart, kinds, side)
            if (side == 3)
                TILE(3, 3);
            else if (kinds == 3)
                TILE(3, 4);
            else
                TILE(4, 4);
        }
}

/* Planes (kinds * kinds, images * rows * columns, channels) mixed by mix (2, kinds) along both axes: the pixels of two by
 * two of each tile, in out (images, 2 * rows, 2 * columns, channels). */
void planes_to_tiles(const char *planes, const float *mix, char *out, size_t images, size_t rows, size_t columns,
                     size_t channels, size_t kinds, int narrow) {
    size_t size = narrow ? 2 : 4, apart = images * rows * columns * channels;
#pragma omp parallel for
    for (size_t k = 0; k < images * rows; k++)
        for (size_t column = 0; column < columns; column++) {
            const char *from = planes + (k * columns + column) * channels * size;
            char *to = out + (k * 2 * columns + column) * 2 * channels * size;
            if (kinds == 3)
                BY_WIDTH(planes_to_tile, from, mix, to, 2 * columns, channels, apart, 2, 3);
            else
                BY_WIDTH(planes_to_tile, from, mix, to, 2 * columns, channels, apart, 2, 4);
        }
}
