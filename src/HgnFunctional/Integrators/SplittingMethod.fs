namespace HgnFunctional.Integrators

/// An explicit method that composes the flows of T(p) and V(q), as data with claims that the tests read. It is symplectic for
/// H = T(p) + V(q).
type SplittingMethod =
    {
        /// Name in options.
        Name: string
        /// Order of accuracy in the time step where T is quadratic in the momenta.
        Order: int
        /// Order of accuracy for any T(p). Methods of Nystroem type give up some of it.
        GeneralOrder: int
        /// The stages of one step, in order.
        Stages: SplitStage list
        /// Where it comes from.
        Source: string
    }

    /// Whether a step with -dt undoes a step with dt: the stages read the same backwards.
    member method.IsSymmetric: bool = method.Stages = List.rev method.Stages

    /// Evaluations of the forces in a step of a run, which kicks without a drift between them share, those of neighbouring
    /// steps too.
    member method.ForceEvaluations: int =
        match method.Stages with
        | [] -> 0
        | stages ->
            List.last stages :: stages
            |> List.pairwise
            |> List.filter (fun (before, stage) -> before.Flow = 0 && stage.Flow = 1)
            |> List.length

/// The splitting methods at hand, and combinators that make new ones from old and derive their claims;
/// `SplittingMethod.all` lists them. Stages are kept as published, to the digits that double precision holds.
[<RequireQualifiedAccess>]
module SplittingMethod =

    let private drift = SplitStage.drift
    let private kick = SplitStage.kick

    let private scaled (factor: float) (stage: SplitStage) : SplitStage = { stage with Fraction = factor * stage.Fraction }

    /// Neighbouring stages of one flow are one stage.
    let private merged (stages: SplitStage list) : SplitStage list =
        let add (stage: SplitStage) (rest: SplitStage list) =
            match rest with
            | next :: rest when next.Flow = stage.Flow -> { stage with Fraction = stage.Fraction + next.Fraction } :: rest
            | _ -> stage :: rest

        List.foldBack add stages []

    /// Methods one after another, each for its fraction of the step; the fractions must add up to 1. The order is at least
    /// the least of the parts. For parts of one method it rises by one if the fractions' powers of order + 1 cancel, and an
    /// odd order rises by one if the whole is symmetric (Hairer, Lubich, Wanner, Geometric Numerical Integration, II.3-4).
    let compose (parts: (float * SplittingMethod) list) : SplittingMethod =
        let fractions, methods = List.unzip parts

        if List.isEmpty parts || abs (List.sum fractions - 1.0) > 1e-12 then
            invalidArg (nameof parts) $"The fractions add up to {List.sum fractions}; expected 1."

        let stages = parts |> List.collect (fun (fraction, method) -> method.Stages |> List.map (scaled fraction)) |> merged
        let isSymmetric = stages = List.rev stages
        let isOfOneMethod = methods |> List.forall ((=) methods.Head)

        let raised (order: int) : int =
            let cancels = fractions |> List.sumBy (fun fraction -> pown fraction (order + 1)) |> abs < 1e-12
            let order = if isOfOneMethod && cancels then order + 1 else order
            if isSymmetric && order % 2 = 1 then order + 1 else order

        {
            Name = methods |> List.map _.Name |> String.concat " then "
            Order = methods |> List.map _.Order |> List.min |> raised
            GeneralOrder = methods |> List.map _.GeneralOrder |> List.min |> raised
            Stages = stages
            Source = methods |> List.map _.Source |> List.distinct |> String.concat "; "
        }

    /// The method whose step undoes a step of `method` with the opposite time step: the stages backwards.
    let adjoint (method: SplittingMethod) : SplittingMethod =
        { method with Name = $"adjoint of {method.Name}"; Stages = List.rev method.Stages }

    /// Half a step of the method, then half a step of its adjoint: symmetric, and of even order.
    let symmetrise (method: SplittingMethod) : SplittingMethod =
        { compose [ 0.5, method; 0.5, adjoint method ] with Name = $"symmetrised {method.Name}" }

    /// A symmetric composition of one method from its first weights: w1, ..., wm, 1 - 2 sum w, wm, ..., w1.
    let private symmetric (weights: float list) (method: SplittingMethod) : SplittingMethod =
        let middle = 1.0 - 2.0 * List.sum weights
        compose [ for weight in weights @ [ middle ] @ List.rev weights -> weight, method ]

    let private root (method: SplittingMethod) (x: float) : float = x ** (1.0 / float (method.Order + 1))

    /// Three steps of a symmetric method, the middle one backwards, for two orders more (Yoshida 1990,
    /// doi:10.1016/0375-9601(90)90092-3; Suzuki 1990, doi:10.1016/0375-9601(90)90962-N).
    let tripleJump (method: SplittingMethod) : SplittingMethod =
        let weight = 1.0 / (2.0 - root method 2.0)
        { symmetric [ weight ] method with Name = $"triple jump of {method.Name}" }

    /// Five steps of a symmetric method, the middle one backwards, for two orders more; errors are smaller than those of
    /// the triple jump (Suzuki 1990, doi:10.1016/0375-9601(90)90962-N).
    let quintupleJump (method: SplittingMethod) : SplittingMethod =
        let weight = 1.0 / (4.0 - root method 4.0)
        { symmetric [ weight; weight ] method with Name = $"quintuple jump of {method.Name}" }

    /// Alternates two kinds of stage, outer ones first, the same backwards from the middle. Given are the first fractions
    /// of each; those of a kind add up to 1, which fixes the last one of its half, or the one in the middle.
    let private palindrome (outer: float -> SplitStage) (outers: float list) (inner: float -> SplitStage) (inners: float list) =
        let beside known = 0.5 - List.sum known
        let between known = 1.0 - 2.0 * List.sum known

        let outerHalf, innerHalf, middle =
            if outers.Length > inners.Length then
                outers, inners @ [ beside inners ], outer (between outers)
            else
                outers @ [ beside outers ], inners, inner (between inners)

        let rec alternate outers inners =
            match outers, inners with
            | first :: outers, second :: inners -> outer first :: inner second :: alternate outers inners
            | rest, _ -> List.map outer rest

        let half = alternate outerHalf innerHalf
        half @ [ middle ] @ List.rev half

    /// Kick, then drift, of order one.
    let symplecticEulerA: SplittingMethod =
        {
            Name = "symplectic-euler-a"
            Order = 1
            GeneralOrder = 1
            Stages = [ kick 1.0; drift 1.0 ]
            Source = "Hairer, Lubich, Wanner, Geometric Numerical Integration, VI.3, doi:10.1007/3-540-30666-8"
        }

    /// Drift, then kick: the adjoint of the other.
    let symplecticEulerB: SplittingMethod = { adjoint symplecticEulerA with Name = "symplectic-euler-b" }

    /// Stoermer-Verlet, kick-drift-kick: one force evaluation a step.
    let stormerVerlet: SplittingMethod =
        { symmetrise symplecticEulerA with
            Name = "stormer-verlet"
            Source = "Hairer, Lubich, Wanner, Geometric Numerical Integration, I.1.4, doi:10.1007/3-540-30666-8"
        }

    /// Stoermer-Verlet, drift-kick-drift.
    let positionVerlet: SplittingMethod =
        { symmetrise symplecticEulerB with Name = "position-verlet"; Source = stormerVerlet.Source }

    /// McLachlan's method of order two with the least error for two force evaluations.
    let mclachlan2: SplittingMethod =
        {
            Name = "mclachlan-2"
            Order = 2
            GeneralOrder = 2
            Stages = palindrome drift [ 0.1931833275037836 ] kick []
            Source = "McLachlan 1995, doi:10.1137/0916010"
        }

    /// Ruth's method of order three.
    let ruth3: SplittingMethod =
        {
            Name = "ruth-3"
            Order = 3
            GeneralOrder = 3
            Stages = [ kick (7.0 / 24.0); drift (2.0 / 3.0); kick (3.0 / 4.0); drift (-2.0 / 3.0); kick (-1.0 / 24.0); drift 1.0 ]
            Source = "Ruth 1983, doi:10.1109/TNS.1983.4332919"
        }

    /// The triple jump of Stoermer-Verlet.
    let forestRuth: SplittingMethod =
        { tripleJump stormerVerlet with
            Name = "forest-ruth-4"
            Source = "Forest and Ruth 1990, doi:10.1016/0167-2789(90)90019-L; Yoshida 1990, doi:10.1016/0375-9601(90)90092-3"
        }

    /// The quintuple jump of Stoermer-Verlet.
    let suzuki4: SplittingMethod =
        { quintupleJump stormerVerlet with
            Name = "suzuki-4"
            Source = "Suzuki 1990, doi:10.1016/0375-9601(90)90962-N"
        }

    let private blanesMoan (name: string) (order: int) (generalOrder: int) (stages: SplitStage list) : SplittingMethod =
        {
            Name = name
            Order = order
            GeneralOrder = generalOrder
            Stages = stages
            Source = "Blanes and Moan 2002, doi:10.1016/S0377-0427(01)00492-7"
        }

    /// S6: six stages, order four for any T(p).
    let blanesMoan4: SplittingMethod =
        palindrome drift [ 0.0792036964311957; 0.353172906049774; -0.0420650803577195 ] kick [ 0.209515106613362; -0.143851773179818 ]
        |> blanesMoan "blanes-moan-4" 4 4

    /// S10: ten stages, order six for any T(p).
    let blanesMoan6: SplittingMethod =
        palindrome
            drift
            [ 0.0502627644003922; 0.413514300428344; 0.0450798897943977; -0.188054853819569; 0.541960678450780 ]
            kick
            [ 0.148816447901042; -0.132385865767784; 0.067307604692185; 0.432666402578175 ]
        |> blanesMoan "blanes-moan-6" 6 6

    /// SRKN6b: six stages of Nystroem type, order four.
    let blanesMoanNystrom4: SplittingMethod =
        palindrome kick [ 0.0829844064174052; 0.396309801498368; -0.0390563049223486 ] drift [ 0.245298957184271; 0.604872665711080 ]
        |> blanesMoan "blanes-moan-srkn-4" 4 4

    /// SRKN11b: eleven stages of Nystroem type, order six where T is quadratic.
    let blanesMoanNystrom6: SplittingMethod =
        palindrome
            kick
            [ 0.0414649985182624; 0.198128671918067; -0.0400061921041533; 0.0752539843015807; -0.0115113874206879 ]
            drift
            [ 0.123229775946271; 0.290553797799558; -0.127049212625417; -0.246331761062075; 0.357208872795928 ]
        |> blanesMoan "blanes-moan-srkn-6" 6 4

    let private yoshida (name: string) (order: int) (weights: float list) : SplittingMethod =
        { symmetric weights stormerVerlet with
            Name = name
            Order = order
            GeneralOrder = order
            Source = "Yoshida 1990, doi:10.1016/0375-9601(90)90092-3"
        }

    /// Yoshida's composition of seven steps of Stoermer-Verlet (solution A).
    let yoshida6: SplittingMethod =
        // From the ends inwards: w3, w2, w1.
        yoshida "yoshida-6" 6 [ 0.784513610477560; 0.235573213359357; -1.17767998417887 ]

    /// Yoshida's composition of fifteen steps of Stoermer-Verlet (solution D).
    let yoshida8: SplittingMethod =
        // From the ends inwards: w7 to w1.
        yoshida
            "yoshida-8"
            8
            [
                0.914844246229740
                0.253693336566229
                -1.44485223686048
                -0.158240635368243
                1.93813913762276
                -1.96061023297549
                0.102799849391985
            ]

    /// Every splitting method.
    let all: SplittingMethod list =
        [
            symplecticEulerA
            symplecticEulerB
            stormerVerlet
            positionVerlet
            mclachlan2
            ruth3
            forestRuth
            suzuki4
            blanesMoan4
            blanesMoanNystrom4
            yoshida6
            blanesMoan6
            blanesMoanNystrom6
            yoshida8
        ]
