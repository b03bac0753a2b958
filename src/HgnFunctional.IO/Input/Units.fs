namespace HgnFunctional.IO

/// A LAMMPS unit style, with the factor that turns its forces into mass times length over time squared.
[<NoComparison>]
type Units =
    {
        /// Name of the style.
        Name: string
        /// Force of the dump times this is mass x length / time^2 in the dump's units.
        ForceFactor: float
    }

/// The unit styles that are known (LAMMPS manual, command `units`).
[<RequireQualifiedAccess>]
module Units =

    /// Charge of the electron in C and Avogadro's number: exact in the SI of 2019.
    let private electronVoltPerMole = 1.602176634e-19 * 6.02214076e23

    /// Dimensionless, Lennard-Jones.
    let lj: Units = { Name = "lj"; ForceFactor = 1.0 }

    /// g/mol, A, ps, eV/A: 1 eV = 9648.53 (g/mol) A^2/ps^2.
    let metal: Units = { Name = "metal"; ForceFactor = electronVoltPerMole * 0.1 }

    /// g/mol, A, fs, kcal/(mol A): 1 kcal/mol = 4.184e-4 (g/mol) A^2/fs^2.
    let real: Units = { Name = "real"; ForceFactor = 4.184e-4 }

    /// kg, m, s, N.
    let si: Units = { Name = "si"; ForceFactor = 1.0 }

    /// g, cm, s, dyne.
    let cgs: Units = { Name = "cgs"; ForceFactor = 1.0 }

    /// u, A, eV/A, and the time that follows from them, A sqrt(u/eV), about 10.18 fs: the units of ASE.
    let ase: Units = { Name = "ase"; ForceFactor = 1.0 }

    /// Every style.
    let all: Units list = [ lj; metal; real; si; cgs; ase ]
