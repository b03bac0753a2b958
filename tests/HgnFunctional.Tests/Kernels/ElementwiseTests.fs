module HgnFunctional.Tests.Kernels.ElementwiseTests

open System
open Expecto
open HgnFunctional.Kernels
open HgnFunctional.Tests.Kernels.Support

/// Vector and scalar formulas are each correct to about two units in the last place.
let private activationTolerance = 2e-15

/// An argument w x + b below 10 in size, rounded once or twice: a few more units in the last place.
let private featureTolerance = 1e-14

/// Sums of K such terms with coefficients below 2.
let private sumTolerance (features: int) = featureTolerance * 2.0 * float (max 1 features)

/// An activation's kernel with the scalar loops that define it.
[<NoEquality; NoComparison>]
type private Case =
    {
        Name: string
        Kernel: FeatureKernel
        Features: float -> float[] -> float[] -> float[] * float[]
        Sum: float[] -> float[] -> float[] -> float[] -> float[] * float[]
        SumSlope: float[] -> float[] -> float[] -> float[] -> float[]
    }

let private case<'a when 'a: struct and 'a: (new: unit -> 'a) and 'a :> ValueType and 'a :> IActivation> (name: string) : Case =
    let pair (length: int) (run: float[] -> float[] -> unit) =
        let value, slope = Array.zeroCreate<float> length, Array.zeroCreate<float> length
        run value slope
        value, slope

    {
        Name = name
        Kernel = FeatureKernel<'a>()
        Features = fun x w b -> pair w.Length (fun v s -> ScalarReference.Features<'a>(x, w, b, v, s))
        Sum = fun x w b c -> pair x.Length (fun v s -> ScalarReference.Sum<'a>(x, w, b, c, v, s))
        SumSlope =
            fun x w b c ->
                let slope = Array.zeroCreate<float> x.Length
                ScalarReference.SumSlope<'a>(x, w, b, c, slope)
                slope
    }

let private cases = [ case<Tanh> "tanh"; case<Softplus> "softplus"; case<Sigmoid> "sigmoid"; case<Sine> "sine" ]

let private scalar (kernel: FeatureKernel) (x: float) : struct (float * float) =
    let mutable value = 0.0
    let mutable slope = 0.0
    kernel.Evaluate(x, &value, &slope)
    struct (value, slope)

let private evaluate (kernel: FeatureKernel) (x: float[]) : float[] * float[] =
    let value, slope = Array.zeroCreate<float> x.Length, Array.zeroCreate<float> x.Length
    kernel.Evaluate(ReadOnlySpan<float> x, Span<float> value, Span<float> slope)
    value, slope

let private evaluateScalar (kernel: FeatureKernel) (x: float[]) : float[] * float[] =
    x
    |> Array.map (fun x ->
        let struct (v, s) = scalar kernel x
        v, s)
    |> Array.unzip

let private forEach (test: Case -> unit) : unit =
    for case in cases do
        test case

let private evaluateTests =
    testList
        "evaluate"
        [
            test "all lengths and alignments equal the scalar twin and stay inside their slices" {
                let random = Random 11

                forEach (fun case ->
                    for length in awkwardLengths do
                        for offset in offsets do
                            let x = uniform random 4.0 length
                            let input = Slice.input offset x
                            let value = Slice.output (offset + 1) length
                            let slope = Slice.output (lanes - offset) length
                            case.Kernel.Evaluate(input.ReadOnly, value.Span, slope.Span)
                            let expectedValue, expectedSlope = evaluateScalar case.Kernel x
                            expectWithin activationTolerance value.Values expectedValue $"{case.Name} value, length {length}"
                            expectWithin activationTolerance slope.Values expectedSlope $"{case.Name} slope, length {length}"
                            expectSameBits input.Values x $"{case.Name} input"
                            expectGuardsIntact nan input case.Name
                            expectGuardsIntact sentinel value case.Name
                            expectGuardsIntact sentinel slope case.Name)
            }

            test "arguments up to 700 equal the scalar twin" {
                let random = Random 12

                for range in [ 1e-9; 1.0; 40.0; 700.0 ] do
                    forEach (fun case ->
                        let x = uniform random range 2003
                        let value, slope = evaluate case.Kernel x
                        let expectedValue, expectedSlope = evaluateScalar case.Kernel x
                        expectWithin activationTolerance value expectedValue $"{case.Name} value, range {range}"
                        expectWithin activationTolerance slope expectedSlope $"{case.Name} slope, range {range}")
            }

            test "a result does not depend on the place of its argument" {
                let random = Random 13

                forEach (fun case ->
                    let x = Array.append [| 0.0; 3e6; -0.7 |] (uniform random 5.0 (3 * lanes))
                    let value, slope = evaluate case.Kernel x

                    for i in 0 .. x.Length - 1 do
                        for length in i + 1 .. x.Length do
                            let shifted = Array.sub x i (length - i)
                            let v, s = evaluate case.Kernel shifted
                            expectSameBits [| v[0]; s[0] |] [| value[i]; slope[i] |] $"{case.Name} at {i}"
                            expectSameBits v (Array.sub value i (length - i)) case.Name
                            expectSameBits s (Array.sub slope i (length - i)) case.Name)
            }

            test "extreme arguments neither overflow nor give NaN" {
                let x = [| 750.0; -750.0; 1e300; -1e300; 0.0; -0.0; 1e-300; -1e-300; Double.Epsilon; 1e-20 |]

                forEach (fun case ->
                    let value, slope = evaluate case.Kernel x
                    let expectedValue, expectedSlope = evaluateScalar case.Kernel x
                    expectWithin activationTolerance value expectedValue $"{case.Name} value"
                    expectWithin activationTolerance slope expectedSlope $"{case.Name} slope")
            }

            test "infinite arguments give the limits" {
                let at (kernel: FeatureKernel) = evaluate kernel [| infinity; -infinity |]

                let check name kernel values slopes =
                    let value, slope = at kernel
                    expectWithin activationTolerance value values $"{name} value"
                    expectWithin activationTolerance slope slopes $"{name} slope"

                check "tanh" (FeatureKernel<Tanh>()) [| 1.0; -1.0 |] [| 0.0; 0.0 |]
                check "sigmoid" (FeatureKernel<Sigmoid>()) [| 1.0; 0.0 |] [| 0.0; 0.0 |]
                check "softplus" (FeatureKernel<Softplus>()) [| infinity; 0.0 |] [| 1.0; 0.0 |]
                check "sine" (FeatureKernel<Sine>()) [| nan; nan |] [| nan; nan |]
            }

            test "NaN gives NaN in its lane only" {
                forEach (fun case ->
                    for place in 0 .. 2 * lanes do
                        let x = Array.create (2 * lanes + 1) 0.5
                        x[place] <- nan
                        let value, slope = evaluate case.Kernel x
                        let clean = evaluate case.Kernel [| 0.5 |]

                        for i in 0 .. x.Length - 1 do
                            if i = place then
                                Expect.isTrue (Double.IsNaN value[i] && Double.IsNaN slope[i]) $"{case.Name} at {i}"
                            else
                                expectSameBits [| value[i]; slope[i] |] [| (fst clean)[0]; (snd clean)[0] |] $"{case.Name} beside NaN")
            }

            test "hand values" {
                let value x (kernel: FeatureKernel) = (fst (evaluate kernel [| x |]))[0]
                let slope x (kernel: FeatureKernel) = (snd (evaluate kernel [| x |]))[0]
                let close actual expected = expectWithin activationTolerance [| actual |] [| expected |]
                close (value 0.0 (FeatureKernel<Softplus>())) 0.6931471805599453 "log 2"
                close (slope 0.0 (FeatureKernel<Softplus>())) 0.5 "half"
                close (value 1.0 (FeatureKernel<Tanh>())) 0.7615941559557649 "tanh 1"
                close (slope 0.0 (FeatureKernel<Tanh>())) 1.0 "1"
                close (value 2.0 (FeatureKernel<Sigmoid>())) 0.8807970779778824 "1 / (1 + exp -2)"
                close (slope 0.0 (FeatureKernel<Sigmoid>())) 0.25 "a quarter"
                close (value (Math.PI / 6.0) (FeatureKernel<Sine>())) 0.5 "sin 30 degrees"
                close (slope (Math.PI / 3.0) (FeatureKernel<Sine>())) 0.5 "cos 60 degrees"
            }

            test "tails and small values keep relative accuracy" {
                let relative (kernel: FeatureKernel) (x: float) =
                    let value, slope = evaluate kernel [| x |]
                    let struct (v, s) = scalar kernel x
                    max (abs (value[0] / v - 1.0)) (abs (slope[0] / s - 1.0))

                for x in [ -1.0; -10.0; -40.0; -300.0; -700.0 ] do
                    Expect.isLessThan (relative (FeatureKernel<Softplus>()) x) activationTolerance $"softplus {x}"
                    Expect.isLessThan (relative (FeatureKernel<Sigmoid>()) x) activationTolerance $"sigmoid {x}"

                for x in [ 1e-12; -1e-6; 1e-3; 0.1; -0.3; 0.4; 1.0; 5.0; 20.0 ] do
                    Expect.isLessThan (relative (FeatureKernel<Tanh>()) x) activationTolerance $"tanh {x}"
            }

            test "sine of large arguments, on both sides of the change of method" {
                let limit = Sine.LargestReduced
                let random = Random 14

                let x =
                    Array.concat
                        [
                            [| limit; -limit; Math.BitIncrement limit; limit + 1.0; 1e9; -1e15; 1e22 |]
                            uniform random limit 999
                            Array.init 200 (fun n -> float n * 5000.0 * (Math.PI / 2.0))
                        ]

                let kernel: FeatureKernel = FeatureKernel<Sine>()
                let value, slope = evaluate kernel x
                let expectedValue, expectedSlope = evaluateScalar kernel x
                expectWithin activationTolerance value expectedValue "value"
                expectWithin activationTolerance slope expectedSlope "slope"
            }

            test "the slope is the derivative of the value" {
                // Central differences of step 1e-5: truncation and rounding both about 1e-10.
                let step, tolerance = 1e-5, 1e-9

                forEach (fun case ->
                    let x = uniform (Random 15) 5.0 200
                    let _, slope = evaluate case.Kernel x
                    let up, _ = evaluate case.Kernel (Array.map (fun x -> x + step) x)
                    let down, _ = evaluate case.Kernel (Array.map (fun x -> x - step) x)
                    expectWithin tolerance (Array.map2 (fun u d -> (u - d) / (2.0 * step)) up down) slope case.Name)
            }

            test "tanh and sine are odd to the last bit" {
                let x = uniform (Random 16) 6.0 257

                let odd (kernel: FeatureKernel) =
                    let value, slope = evaluate kernel x
                    let negated, same = evaluate kernel (Array.map (~-) x)
                    expectSameBits negated (Array.map (~-) value) "value"
                    expectSameBits same slope "slope"

                odd (FeatureKernel<Tanh>())
                odd (FeatureKernel<Sine>())
            }
        ]

let private featureTests =
    testList
        "features and sums"
        [
            test "features: all lengths and alignments equal the scalar loop and stay inside their slices" {
                let random = Random 21

                forEach (fun case ->
                    for length in awkwardLengths do
                        for offset in offsets do
                            let w, b = uniform random 2.0 length, uniform random 2.0 length
                            let x = 4.0 * random.NextDouble() - 2.0
                            let weights, biases = Slice.input offset w, Slice.input (offset + 1) b
                            let value, slope = Slice.output (lanes - offset) length, Slice.output offset length
                            case.Kernel.Features(x, weights.ReadOnly, biases.ReadOnly, value.Span, slope.Span)
                            let expectedValue, expectedSlope = case.Features x w b
                            expectWithin featureTolerance value.Values expectedValue $"{case.Name} value, length {length}"
                            expectWithin featureTolerance slope.Values expectedSlope $"{case.Name} slope, length {length}"
                            expectSameBits weights.Values w "weights"
                            expectSameBits biases.Values b "biases"
                            expectGuardsIntact sentinel value case.Name
                            expectGuardsIntact sentinel slope case.Name)
            }

            test "sums: all lengths equal the scalar loop and stay inside their slices" {
                let random = Random 22

                forEach (fun case ->
                    for length in awkwardLengths do
                        for features in [ 0; 1; 2; 7 ] do
                            let offset = length % lanes
                            let x = uniform random 3.0 length
                            let w, b, c = uniform random 2.0 features, uniform random 2.0 features, uniform random 2.0 features
                            let input = Slice.input offset x
                            let weights, biases, readout = Slice.input 1 w, Slice.input 2 b, Slice.input 3 c

                            let value, slope, only =
                                Slice.output offset length, Slice.output (offset + 1) length, Slice.output (offset + 2) length

                            case.Kernel.Sum(input.ReadOnly, weights.ReadOnly, biases.ReadOnly, readout.ReadOnly, value.Span, slope.Span)
                            case.Kernel.SumSlope(input.ReadOnly, weights.ReadOnly, biases.ReadOnly, readout.ReadOnly, only.Span)
                            let label = $"{case.Name}, length {length}, features {features}"
                            let expectedValue, expectedSlope = case.Sum x w b c
                            expectWithin (sumTolerance features) value.Values expectedValue $"{label}: value"
                            expectWithin (sumTolerance features) slope.Values expectedSlope $"{label}: slope"
                            expectWithin (sumTolerance features) only.Values (case.SumSlope x w b c) $"{label}: slope alone"
                            expectSameBits only.Values slope.Values $"{label}: slope alone has the same bits"

                            for slice, values in [ input, x; weights, w; biases, b; readout, c ] do
                                expectSameBits slice.Values values $"{label}: inputs"

                            for slice in [ value; slope; only ] do
                                expectGuardsIntact sentinel slice label)
            }

            test "features and sums do not depend on the place" {
                let random = Random 23
                let w, b, c = uniform random 2.0 5, uniform random 2.0 5, uniform random 2.0 5

                forEach (fun case ->
                    for length in 1 .. 4 * lanes + 3 do
                        let x = Array.create length 0.37
                        let value, slope = Array.zeroCreate<float> length, Array.zeroCreate<float> length
                        case.Kernel.Sum(x, w, b, c, value, slope)
                        expectSameBits value (Array.create length value[0]) $"{case.Name} sum, length {length}"
                        expectSameBits slope (Array.create length slope[0]) $"{case.Name} slope sum, length {length}"
                        case.Kernel.Features(1.1, x, x, value, slope)
                        expectSameBits value (Array.create length value[0]) $"{case.Name} feature, length {length}"
                        expectSameBits slope (Array.create length slope[0]) $"{case.Name} feature slope, length {length}")
            }

            test "wrong lengths and shared memory are refused" {
                let a3, b3, a4 = Array.zeroCreate<float> 3, Array.zeroCreate<float> 3, Array.zeroCreate<float> 4
                let c3, d3 = Array.zeroCreate<float> 3, Array.zeroCreate<float> 3

                forEach (fun case ->
                    let k = case.Kernel
                    expectRefused [ 3; 4 ] (fun () -> k.Evaluate(a3, a4, b3)) "value length"
                    expectRefused [ 3; 4 ] (fun () -> k.Evaluate(a3, b3, a4)) "slope length"
                    expectRefused [ 3 ] (fun () -> k.Evaluate(a3, a3, b3)) "value is the input"
                    expectRefused [ 3 ] (fun () -> k.Evaluate(a3, b3, b3)) "value is the slope"
                    expectRefused [ 3; 4 ] (fun () -> k.Features(1.0, a3, a4, b3, c3)) "biases length"
                    expectRefused [ 3 ] (fun () -> k.Features(1.0, a3, b3, b3, c3)) "value is the biases"
                    expectRefused [ 3; 4 ] (fun () -> k.Sum(a4, a3, b3, a4, c3, d3)) "readout length"
                    expectRefused [ 3; 4 ] (fun () -> k.Sum(a4, a3, a3, a3, c3, d3)) "value length in a sum"
                    expectRefused [ 3 ] (fun () -> k.SumSlope(a3, b3, c3, d3, a3)) "slope is the argument"
                    expectRefused [ 3 ] (fun () -> k.SumSlope(a3, b3, c3, d3, b3)) "slope is the weights"
                    expectRefused [ 3 ] (fun () -> k.SumSlope(a3, b3, c3, d3, c3)) "slope is the biases"
                    expectRefused [ 3 ] (fun () -> k.SumSlope(a3, b3, c3, d3, d3)) "slope is the readout"
                    expectRefused [ 3 ] (fun () -> k.Sum(a3, b3, b3, b3, c3, c3)) "value is the slope"
                    expectRefused [ 3 ] (fun () -> k.Sum(a3, b3, c3, c3, c3, d3)) "value is the biases")
            }

            test "nothing is allocated" {
                let n, features = 37, 19
                let random = Random 24
                let x, value, slope = uniform random 2.0 n, Array.zeroCreate<float> n, Array.zeroCreate<float> n
                let w, b, c = uniform random 2.0 features, uniform random 2.0 features, uniform random 2.0 features
                let fv, fs = Array.zeroCreate<float> features, Array.zeroCreate<float> features

                forEach (fun case ->
                    let k = case.Kernel

                    let bytes =
                        allocated (fun () ->
                            k.Evaluate(ReadOnlySpan<float> x, Span<float> value, Span<float> slope)
                            k.Features(0.5, w, b, fv, fs)
                            k.Sum(x, w, b, c, value, slope)
                            k.SumSlope(x, w, b, c, slope))

                    Expect.equal bytes 0L case.Name)
            }
        ]

/// Radial functions with their formulas.
let private radials: (string * RadialKernel * (float -> float) * (float -> float)) list =
    [
        "r", RadialKernel<Identity>(), id, (fun _ -> 1.0)
        "1/r", RadialKernel<Inverse>(), (fun r -> 1.0 / r), (fun r -> -1.0 / (r * r))
        "r^-3", RadialKernel<InverseCube>(), (fun r -> 1.0 / (r * r * r)), (fun r -> -3.0 / (r * r * r * r))
    ]

let private radialTests =
    testList
        "radial functions"
        [
            test "all lengths have the bits of the formulas, inside their slices" {
                let random = Random 31

                for name, kernel, value, slope in radials do
                    for length in awkwardLengths do
                        let r = Array.init length (fun _ -> 0.3 + 3.0 * random.NextDouble())
                        let before = uniform random 2.0 length
                        let distances, values, slopes = Slice.input 1 r, Slice.output 2 length, Slice.target 3 before
                        kernel.Value(distances.ReadOnly, values.Span)
                        kernel.MultiplySlope(distances.ReadOnly, slopes.Span)
                        let label = $"{name}, length {length}"
                        expectSameBits values.Values (Array.map value r) label
                        expectSameBits slopes.Values (Array.map2 (fun s x -> s * slope x) before r) label
                        expectSameBits (Array.map kernel.Value r) (Array.map value r) label
                        expectSameBits (Array.map kernel.Slope r) (Array.map slope r) label
                        expectSameBits distances.Values r label
                        expectGuardsIntact sentinel values label
                        expectGuardsIntact sentinel slopes label
            }

            test "wrong lengths are refused" {
                let two, three = Array.create 2 1.0, Array.create 3 1.0

                for name, kernel, _, _ in radials do
                    expectRefused [ 2; 3 ] (fun () -> kernel.Value(ReadOnlySpan<float> two, Span<float> three)) name
                    expectRefused [ 2; 3 ] (fun () -> kernel.MultiplySlope(two, three)) name
            }
        ]

[<Tests>]
let tests = testList "Kernels: elementwise" [ evaluateTests; featureTests; radialTests ]
