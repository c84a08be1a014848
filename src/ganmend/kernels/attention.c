/* Attention in bfloat16 by Intel's matrix units (AMX), block by block, after FlashAttention (Dao et al. 2022): no score
 * leaves the cache. See attention.py for what it computes and how its arrays lie.
 *
 * d and e, the widths of keys and values, and all counts of rows are multiples of 32. Sums are float32. On the right of
 * a product stands a matrix (depth, columns) in panels of 16 columns, each (depth / 2, 16, 2): two rows side by side,
 * as the units take them.
 */
#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROWS 128 /* of queries in a block, at most; attention.py */
#define KEYS 256 /* in a block, at most */
#define LINES __attribute__((aligned(64))) /* a row of a tile is one line of the cache */
#define LOG2_E 1.44269504f

typedef uint16_t bfloat16;
typedef struct {
    uint8_t palette, start, unused[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tiles;

/* Linux lets a process use the units once it has asked (arch_prctl(2), ARCH_REQ_XCOMP_PERM, XTILE_DATA). */
int units_allowed(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

/* Returns what was configured before, to be put back: a thread's tiles may be another library's. */
static tiles configure(void) {
    tiles before, ours = {.palette = 1};
    for (int k = 0; k < 8; k++) ours.row_bytes[k] = 64, ours.rows[k] = 16;
    _tile_storeconfig(&before);
    _tile_loadconfig(&ours);
    return before;
}

/* out (rows, columns) = a (rows, depth) b, or += where `add`; a's and out's rows lie so many numbers apart. */
static void product(const bfloat16 *a, size_t a_apart, const bfloat16 *b, size_t panel, float *out, size_t out_apart,
                    size_t rows, size_t columns, size_t depth, int add) {
    for (size_t j = 0; j < columns; j += 32)
        for (size_t i = 0; i < rows; i += 32) {
            const bfloat16 *upper = a + i * a_apart, *lower = upper + 16 * a_apart;
            const bfloat16 *left = b + j / 16 * panel, *right = left + panel;
            float *above = out + i * out_apart + j, *below = above + 16 * out_apart;
            if (add) {
                _tile_loadd(0, above, 4 * out_apart);
                _tile_loadd(1, above + 16, 4 * out_apart);
                _tile_loadd(2, below, 4 * out_apart);
                _tile_loadd(3, below + 16, 4 * out_apart);
            } else {
                _tile_zero(0);
                _tile_zero(1);
                _tile_zero(2);
                _tile_zero(3);
            }
            for (size_t k = 0; k < depth; k += 32) {
                _tile_loadd(4, upper + k, 2 * a_apart);
                _tile_loadd(5, lower + k, 2 * a_apart);
                _tile_loadd(6, left + 16 * k, 64);
                _tile_loadd(7, right + 16 * k, 64);
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            }
            _tile_stored(0, above, 4 * out_apart);
            _tile_stored(1, above + 16, 4 * out_apart);
            _tile_stored(2, below, 4 * out_apart);
            _tile_stored(3, below + 16, 4 * out_apart);
        }
}

/* e^(x - less), x <= less, error 3e-6 of it: 2^n 2^r, |r| <= 1/2, and for 2^r the polynomial that is nearest. */
static inline __m512 power(const float *x, float less) {
    __m512 y = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x), _mm512_set1_ps(less)), _mm512_set1_ps(LOG2_E));
    __m512 n = _mm512_roundscale_ps(y, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), r = _mm512_sub_ps(y, n);
    __m512 p = _mm512_set1_ps(9.5701022e-3f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5917859e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4024744e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9312179e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.9999928e-1f));
    return _mm512_scalef_ps(p, n);
}

static inline __m512i narrowed(__m512 low, __m512 high) { return (__m512i)_mm512_cvtne2ps_pbh(high, low); }

static float largest_of(const float *x, size_t count) {
    __m512 largest = _mm512_loadu_ps(x);
    for (size_t k = 16; k < count; k += 16) largest = _mm512_max_ps(largest, _mm512_loadu_ps(x + k));
    return _mm512_reduce_max_ps(largest);
}

/* e^(x - less) of a row; returns their sum. */
static float powers(const float *x, float less, bfloat16 *out, size_t count) {
    __m512 sum = _mm512_setzero_ps();
    for (size_t k = 0; k < count; k += 32) {
        __m512 low = power(x + k, less), high = power(x + k + 16, less);
        sum = _mm512_add_ps(sum, _mm512_add_ps(low, high));
        _mm512_storeu_si512(out + k, narrowed(low, high));
    }
    return _mm512_reduce_add_ps(sum);
}

/* query (images, length, d); key (images) in panels of keys, value (images) in panels of e -> out (images, length, e),
 * and the logarithm of each row's sum of powers (images, length). Sums are scaled again when a larger score comes. */
void attend(const bfloat16 *query, const bfloat16 *key, const bfloat16 *value, bfloat16 *out, float *logs,
            size_t images, size_t length, size_t keys, size_t d, size_t e, size_t rows, size_t block) {
#pragma omp parallel
    {
        LINES float scores[ROWS * KEYS], mixed[ROWS * e]; /* mixed: (rows, e) */
        LINES bfloat16 weights[ROWS * KEYS];
        float sums[ROWS], largest[ROWS];
        tiles before = configure();
#pragma omp for
        for (size_t row = 0; row < images * length; row += rows) {
            const bfloat16 *near = key + row / length * keys * d, *far = value + row / length * keys * e;
            memset(mixed, 0, sizeof mixed);
            for (size_t r = 0; r < rows; r++) sums[r] = 0, largest[r] = -INFINITY;
            for (size_t first = 0; first < keys; first += block) {
                product(query + row * d, d, near + first * d, 16 * d, scores, block, rows, block, d, 0);
                for (size_t r = 0; r < rows; r++) {
                    float here = largest_of(scores + r * block, block), most = here > largest[r] ? here : largest[r];
                    float share = expf(largest[r] - most);
                    if (share != 1)
                        for (size_t k = 0; k < e; k++) mixed[r * e + k] *= share;
                    sums[r] = sums[r] * share + powers(scores + r * block, most, weights + r * block, block);
                    largest[r] = most;
                }
                product(weights, block, far + 16 * first, 16 * keys, mixed, e, rows, e, block, 1);
            }
            for (size_t r = 0; r < rows; r++) {
                logs[row + r] = largest[r] + logf(sums[r]);
                __m512 share = _mm512_set1_ps(1 / sums[r]);
                for (size_t k = 0; k < e; k += 32) {
                    __m512 low = _mm512_loadu_ps(mixed + r * e + k), high = _mm512_loadu_ps(mixed + r * e + k + 16);
                    low = _mm512_mul_ps(low, share), high = _mm512_mul_ps(high, share);
                    _mm512_storeu_si512(out + (row + r) * e + k, narrowed(low, high));
                }
            }
        }
        _tile_loadconfig(&before);
    }
}

/* Two rows of 16 side by side, from one after the other. */
static inline __m512i side_by_side(__m512i rows) {
    uint16_t order[32];
    for (int k = 0; k < 16; k++) order[2 * k] = k, order[2 * k + 1] = 16 + k;
    return _mm512_permutexvar_epi16(_mm512_loadu_si512(order), rows);
}

/* Scores and the gradient to the weights (rows, block), of which two rows here, to weights and the gradient to the
 * scores, both in panels of keys; the latter row by row too. */
static void two_rows_back(const float *scores, const float *to_weights, const float *logs, const float *means,
                          bfloat16 *weight_panels, bfloat16 *back_panels, bfloat16 *back, size_t rows, size_t block) {
    for (size_t k = 0; k < block; k += 16) {
        __m512 weights[2], backs[2];
        for (size_t r = 0; r < 2; r++) {
            weights[r] = power(scores + r * block + k, logs[r]);
            backs[r] = _mm512_sub_ps(_mm512_loadu_ps(to_weights + r * block + k), _mm512_set1_ps(means[r]));
            backs[r] = _mm512_mul_ps(weights[r], backs[r]);
        }
        __m512i both = narrowed(backs[0], backs[1]);
        _mm256_storeu_si256((__m256i *)(back + k), _mm512_castsi512_si256(both));
        _mm256_storeu_si256((__m256i *)(back + block + k), _mm512_extracti64x4_epi64(both, 1));
        _mm512_storeu_si512(back_panels + k * rows, side_by_side(both));
        _mm512_storeu_si512(weight_panels + k * rows, side_by_side(narrowed(weights[0], weights[1])));
    }
}

static inline __m512bh loaded(const bfloat16 *x) { return (__m512bh)_mm512_loadu_si512(x); }

/* means[r] = sum of out[r] gradient[r], of each row's weights times the gradient to them. */
static void weighted_means(const bfloat16 *out, const bfloat16 *gradient, float *means, size_t rows, size_t e) {
    for (size_t r = 0; r < rows; r++) {
        __m512 sum = _mm512_setzero_ps();
        for (size_t k = r * e; k < (r + 1) * e; k += 32)
            sum = _mm512_dpbf16_ps(sum, loaded(out + k), loaded(gradient + k));
        means[r] = _mm512_reduce_add_ps(sum);
    }
}

/* query (images, length, d), gradient (images, length, e) and both turned in blocks of rows (images, length / rows, d
 * or e, rows); key and value (images) in panels of keys, keys (images) in panels of d too; out and logs as `attend`
 * gave. Added to to_query (parts, images, length, d), to_key (images, keys / block, d, block) and to_value, likewise
 * with e: a part takes some of the blocks of keys. means (parts, images, length) is for work. */
void attend_back(const bfloat16 *query, const bfloat16 *gradient, const bfloat16 *query_turned,
                 const bfloat16 *gradient_turned, const bfloat16 *key, const bfloat16 *value, const bfloat16 *key_pairs,
                 const bfloat16 *out, const float *logs, float *means, float *to_query, float *to_key, float *to_value,
                 size_t parts, size_t images, size_t length, size_t keys, size_t d, size_t e, size_t rows,
                 size_t block) {
#pragma omp parallel
    {
        LINES float scores[ROWS * KEYS], to_weights[ROWS * KEYS];
        LINES bfloat16 back[ROWS * KEYS], weight_panels[ROWS * KEYS], back_panels[ROWS * KEYS];
        tiles before = configure();
#pragma omp for
        for (size_t work = 0; work < parts * images; work++) {
            size_t part = work / images, image = work % images, blocks = keys / block;
            size_t from = image * length, end = (part + 1) * blocks / parts * block;
            weighted_means(out + from * e, gradient + from * e, means + work * length, length, e);
            for (size_t first = part * blocks / parts * block; first < end; first += block)
                for (size_t row = 0; row < length; row += rows) {
                    size_t q = from + row, k = image * keys + first; /* of all images' rows and keys */
                    product(query + q * d, d, key + k * d, 16 * d, scores, block, rows, block, d, 0);
                    product(gradient + q * e, e, value + k * e, 16 * e, to_weights, block, rows, block, e, 0);
                    for (size_t r = 0; r < rows; r += 2)
                        two_rows_back(scores + r * block, to_weights + r * block, logs + q + r,
                                      means + work * length + row + r, weight_panels + 16 * r, back_panels + 16 * r,
                                      back + r * block, rows, block);
                    product(gradient_turned + q * e, rows, weight_panels, 16 * rows, to_value + k * e, block, e, block,
                            rows, 1);
                    product(query_turned + q * d, rows, back_panels, 16 * rows, to_key + k * d, block, d, block, rows,
                            1);
                    product(back, block, key_pairs + image * keys * d + 16 * first, 16 * keys,
                            to_query + (work * length + row) * d, d, rows, d, block, 1);
                }
        }
        _tile_loadconfig(&before);
    }
}
