//! Colours in sRGB, and their contrast by WCAG 2.2, in whole numbers.

use std::fmt;

/// The linear value of each sRGB component, in billionths.
#[rustfmt::skip]
const LINEAR: [u64; 256] = [
    0, 303_527, 607_054, 910_581, 1_214_108, 1_517_635, 1_821_162, 2_124_689, 2_428_216, 2_731_743,
    3_035_270, 3_346_536, 3_676_507, 4_024_717, 4_391_442, 4_776_953, 5_181_517, 5_605_392, 6_048_833,
    6_512_091, 6_995_410, 7_499_032, 8_023_193, 8_568_126, 9_134_059, 9_721_217, 10_329_823, 10_960_094,
    11_612_245, 12_286_488, 12_983_032, 13_702_083, 14_443_844, 15_208_514, 15_996_293, 16_807_376,
    17_641_954, 18_500_220, 19_382_361, 20_288_563, 21_219_010, 22_173_885, 23_153_366, 24_157_632,
    25_186_860, 26_241_222, 27_320_892, 28_426_040, 29_556_834, 30_713_444, 31_896_033, 33_104_767,
    34_339_807, 35_601_315, 36_889_450, 38_204_372, 39_546_235, 40_915_197, 42_311_411, 43_735_029,
    45_186_204, 46_665_086, 48_171_824, 49_706_566, 51_269_458, 52_860_647, 54_480_276, 56_128_490,
    57_805_430, 59_511_238, 61_246_054, 63_010_018, 64_803_267, 66_625_939, 68_478_170, 70_360_096,
    72_271_851, 74_213_568, 76_185_381, 78_187_422, 80_219_820, 82_282_707, 84_376_212, 86_500_462,
    88_655_586, 90_841_711, 93_058_963, 95_307_467, 97_587_347, 99_898_728, 102_241_733, 104_616_484,
    107_023_103, 109_461_711, 111_932_428, 114_435_374, 116_970_668, 119_538_428, 122_138_772, 124_771_818,
    127_437_680, 130_136_477, 132_868_322, 135_633_330, 138_431_615, 141_263_291, 144_128_471, 147_027_266,
    149_959_790, 152_926_152, 155_926_464, 158_960_835, 162_029_376, 165_132_195, 168_269_400, 171_441_101,
    174_647_404, 177_888_416, 181_164_244, 184_474_995, 187_820_772, 191_201_683, 194_617_830, 198_069_320,
    201_556_254, 205_078_736, 208_636_870, 212_230_757, 215_860_500, 219_526_200, 223_227_957, 226_965_874,
    230_740_049, 234_550_582, 238_397_574, 242_281_122, 246_201_327, 250_158_285, 254_152_094, 258_182_853,
    262_250_658, 266_355_605, 270_497_791, 274_677_312, 278_894_263, 283_148_740, 287_440_838, 291_770_650,
    296_138_271, 300_543_794, 304_987_314, 309_468_923, 313_988_713, 318_546_778, 323_143_209, 327_778_098,
    332_451_536, 337_163_615, 341_914_425, 346_704_056, 351_532_600, 356_400_144, 361_306_780, 366_252_596,
    371_237_680, 376_262_123, 381_326_011, 386_429_434, 391_572_478, 396_755_231, 401_977_780, 407_240_212,
    412_542_613, 417_885_071, 423_267_670, 428_690_497, 434_153_636, 439_657_174, 445_201_195, 450_785_783,
    456_411_023, 462_077_000, 467_783_796, 473_531_496, 479_320_183, 485_149_940, 491_020_850, 496_932_995,
    502_886_458, 508_881_321, 514_917_665, 520_995_573, 527_115_126, 533_276_404, 539_479_489, 545_724_461,
    552_011_402, 558_340_390, 564_711_506, 571_124_829, 577_580_440, 584_078_418, 590_618_841, 597_201_788,
    603_827_339, 610_495_571, 617_206_562, 623_960_392, 630_757_136, 637_596_874, 644_479_682, 651_405_637,
    658_374_817, 665_387_298, 672_443_157, 679_542_470, 686_685_312, 693_871_761, 701_101_892, 708_375_780,
    715_693_501, 723_055_129, 730_460_740, 737_910_409, 745_404_210, 752_942_217, 760_524_505, 768_151_147,
    775_822_218, 783_537_792, 791_297_940, 799_102_738, 806_952_258, 814_846_572, 822_785_754, 830_769_877,
    838_799_012, 846_873_232, 854_992_608, 863_157_213, 871_367_119, 879_622_397, 887_923_118, 896_269_353,
    904_661_174, 913_098_652, 921_581_856, 930_110_858, 938_685_728, 947_306_537, 955_973_353, 964_686_248,
    973_445_290, 982_250_550, 991_102_097, 1_000_000_000,
];

/// The share of each component in the relative luminance, in ten thousandths: red, green, blue.
const WEIGHTS: [u64; 3] = [2126, 7152, 722];

/// What WCAG adds to both luminances of a contrast, 0.05, in the unit of [`Color::luminance`].
const FLARE: u64 = 500_000_000_000;

/// A colour in sRGB: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

impl Color {
    /// The colour without light.
    pub const BLACK: Self = Self([0; 3]);
    /// The colour with all light.
    pub const WHITE: Self = Self([255; 3]);

    /// Parses a colour as in CSS, with six digits: `#1d4f9e`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let component = |at: usize| {
            let pair = digits.get(at..at.saturating_add(2))?;
            pair.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(pair, 16).ok())?
        };
        Some(Self([component(0)?, component(2)?, component(4)?]))
    }

    /// Returns the relative luminance by WCAG, in units of 10⁻¹³.
    fn luminance(self) -> u64 {
        let parts = self.0.iter().zip(WEIGHTS);
        parts.map(|(component, weight)| LINEAR.get(usize::from(*component)).map_or(0, |l| l * weight)).sum()
    }

    /// Returns the contrast to another colour in tenths, rounded down: 45 is 4.5:1.
    pub fn contrast_tenths(self, other: Self) -> u64 {
        let (one, two) = (self.luminance() + FLARE, other.luminance() + FLARE);
        10 * one.max(two) / one.min(two)
    }

    /// Returns the mixture with another colour that is nearest to this one and has at least a contrast to a background, in
    /// tenths; the other colour if none has.
    pub fn toward(self, other: Self, background: Self, contrast_tenths: u64) -> Self {
        let mut mixtures = (0..=100).map(|percent| self.mixed(other, percent));
        mixtures.find(|color| color.contrast_tenths(background) >= contrast_tenths).unwrap_or(other)
    }

    /// Returns a mixture with this percentage of another colour.
    fn mixed(self, other: Self, percent: u16) -> Self {
        let [red, green, blue] = self.0;
        let [other_red, other_green, other_blue] = other.0;
        let mix = |one: u8, two: u8| {
            let sum = u16::from(one) * (100 - percent) + u16::from(two) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self([mix(red, other_red), mix(green, other_green), mix(blue, other_blue)])
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).expect(text)
    }

    #[test]
    fn a_color_has_six_hexadecimal_digits() {
        assert_eq!(color("#1D4f9e").to_string(), "#1d4f9e");
        for text in ["", "1d4f9e", "#1d4", "#1d4f9", "#1d4f9e0", "#+d4f9e", "#1d4f9g", "#äöü", "red"] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_contrast_is_that_of_wcag() {
        // Computed by the formula of WCAG 2.2, in floating point.
        for (one, two, tenths) in [
            ("#000000", "#ffffff", 210),
            ("#777777", "#ffffff", 44),
            ("#767676", "#ffffff", 45),
            ("#1d4f9e", "#f4f5f8", 72),
            ("#ff0000", "#ffffff", 39),
            ("#ffffff", "#ffffff", 10),
        ] {
            assert_eq!(color(one).contrast_tenths(color(two)), tenths, "{one} {two}");
            assert_eq!(color(two).contrast_tenths(color(one)), tenths, "{two} {one}");
        }
    }

    #[test]
    fn the_nearest_mixture_with_enough_contrast_is_found() {
        let yellow = color("#ffd500");
        assert_eq!(yellow.toward(Color::BLACK, Color::WHITE, 45).to_string(), "#8c7500");
        assert!(yellow.mixed(Color::BLACK, 44).contrast_tenths(Color::WHITE) < 45);
        assert_eq!(yellow.toward(Color::WHITE, Color::BLACK, 45), yellow);
        assert_eq!(Color::BLACK.toward(Color::BLACK, Color::WHITE, 45), Color::BLACK);
    }
}
