namespace HgnFunctional.Features

open HgnFunctional.Kernels

/// A monotone function of the distance through which a pair block sees it, so that what is smooth in the physics is smooth
/// in the input.
[<Sealed; NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type Radial internal (name: string, kernel: RadialKernel) =

    /// Name in options and model files.
    member _.Name: string = name

    /// u(r), for r above 0.
    member _.Value(r: float) : float = kernel.Value r

    /// du/dr.
    member _.Slope(r: float) : float = kernel.Slope r

    member internal _.Kernel: RadialKernel = kernel

    /// The name.
    override _.ToString() : string = name

/// The radial transforms at hand; `Radial.all` lists them.
[<RequireQualifiedAccess>]
module Radial =

    /// u = r: bonds that stretch around a length.
    let distance: Radial = Radial("r", RadialKernel<Identity>())

    /// u = 1/r: forces that fall off slowly.
    let inverse: Radial = Radial("1/r", RadialKernel<Inverse>())

    /// u = r^-3: Lennard-Jones forces are polynomials of it.
    let inverseCube: Radial = Radial("r^-3", RadialKernel<InverseCube>())

    /// Every transform.
    let all: Radial list = [ distance; inverse; inverseCube ]

    /// A transform of one's own: a name for model files, u(r) and du/dr for r above 0, which are called from several threads and must
    /// depend on nothing but r. To load a model with it, add it to a vocabulary.
    let create (name: string) (value: float -> float) (slope: float -> float) : Radial = Radial(name, FunctionRadialKernel(value, slope))

    /// The transform of that name.
    let tryFind (name: string) : Radial option = all |> List.tryFind (fun radial -> radial.Name = name)
