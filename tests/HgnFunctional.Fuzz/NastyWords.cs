namespace HgnFunctional.Fuzz;

/// <summary>Words that readers of numbers and names stumble over.</summary>
internal static class NastyWords
{
    internal static readonly string[] All =
    [
        "0", "-0", "+0", "1", "-1", "+1", "2", "3", "00", "007", "0x10", "1.", ".5", "-.5", ".", "-", "+", "--1", "1e", "e5", "1e+", "1e5",
        "1E5", "1d5", "1e308", "-1e308", "1.8e308", "1e309", "1e-308", "4.9e-324", "1e-320", "1e-400", "1e999999999999", "0.1e1",
        "123456789012345678901234567890", "0.30000000000000004", "2147483647", "2147483648", "-2147483648", "4294967296",
        "4294967297", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1000000", "100000001",
        "nan", "NaN", "inf", "-inf", "Infinity", "-Infinity", "\u221e", "1,5", "1,000", "1_000", "1 000", "(1)", "$1", "1%", "true", "null",
        "\uff11\uff12",
        "\u0661\u0662", "\u00a01", "1\u00a0", "1\u0085", "\u000b1", "1\u000c", "1\0", "\0", "1\0\0\0\0", "1\r", "\ufeff1",
        "\u202e1", "\ud83d\ude00", "\u001b[31m1", "\u007f", "'1'", "\"1\"", "\"\"", "{}", "[]", "[[1]]", "\"\\ud800\"", "#", "1#2", "#1",
        "//", "/*", "NULL",
        "ITEM:", "ITEM: ATOMS", "ITEM: TIMESTEP", "ITEM: BOX BOUNDS pp pp pp", "ITEM: UNITS", "id", "type", "x", "xu", "xs",
        "mass", "vx", "xy", "abc",
        "pp", "ff", "ss", "pf", "sm", "p", "lj", "metal", "real", "Atoms", "Masses", "Velocities", "Bonds",
        "Pair Coeffs", "atoms", "bonds", "xlo", "xhi", "full", "bond", "body", "pair", "message", "raw", "frame", "invariant", "r^-3", "cutoff",
    ];
}
