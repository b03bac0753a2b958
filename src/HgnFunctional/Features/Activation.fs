namespace HgnFunctional

open HgnFunctional.Kernels

/// A hidden unit's function s with its derivative, and the constants with which SWIM places it between two data points.
[<Sealed; NoEquality; NoComparison>]
type Activation internal (name: string, swimScale: float, swimShift: float, kernel: FeatureKernel) =

    /// Name in options and model files.
    member _.Name: string = name

    /// s1 of SWIM: the change of the unit's argument from one data point of a pair to the other.
    member _.SwimScale: float = swimScale

    /// s2 of SWIM: minus the argument at the first data point of a pair.
    member _.SwimShift: float = swimShift

    /// s(x) and s'(x).
    member _.Evaluate(x: float) : struct (float * float) =
        let mutable value = 0.0
        let mutable slope = 0.0
        kernel.Evaluate(x, &value, &slope)
        struct (value, slope)

    member internal _.Kernel: FeatureKernel = kernel

    /// The name.
    override _.ToString() : string = name

/// The activations at hand; `Activation.all` lists them.
[<RequireQualifiedAccess>]
module Activation =

    let private ln3 = log 3.0

    /// tanh x: -1/2 and +1/2 at the two points of a SWIM pair (Bolager et al., arXiv 2306.16830).
    let tanh: Activation = Activation("tanh", ln3, 0.5 * ln3, FeatureKernel<Tanh>())

    /// log(1 + exp x). No SWIM constants are published for it; here its slope is 1/4 and 3/4 at the two points.
    let softplus: Activation = Activation("softplus", 2.0 * ln3, ln3, FeatureKernel<Softplus>())

    /// 1 / (1 + exp -x): 1/4 and 3/4 at the two points of a SWIM pair, which is the rule for tanh rescaled.
    let sigmoid: Activation = Activation("sigmoid", 2.0 * ln3, ln3, FeatureKernel<Sigmoid>())

    /// sin x: -1/2 and +1/2 at the two points of a SWIM pair.
    let sine: Activation = Activation("sine", System.Math.PI / 3.0, System.Math.PI / 6.0, FeatureKernel<Sine>())

    /// Every activation.
    let all: Activation list = [ softplus; tanh; sigmoid; sine ]

    /// The activation of that name.
    let tryFind (name: string) : Activation option = all |> List.tryFind (fun activation -> activation.Name = name)
