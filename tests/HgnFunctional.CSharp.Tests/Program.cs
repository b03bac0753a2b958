using Expecto;
using Expecto.CSharp;
using HgnFunctional.CSharp.Tests;

return Runner.RunTestsWithCLIArgs(
    [],
    args,
    Runner.TestList(
        "C#",
        [
            StateTests.All,
            BodySystemTests.All,
            DatasetTests.All,
            VirialTests.All,
            TrainingTests.All,
            BlockTests.All,
            CustomBlockTests.All,
            OwnSystemTests.All,
            SimulationTests.All,
            WarningTests.All,
            SurroundingsTests.All,
            MotionTests.All,
            PartTests.All,
            FileTests.All,
            SurfaceTests.All,
            SampleTests.All,
        ]));
