/// A folder for the files of one test.
module HgnFunctional.Tests.Support.TemporaryFolder

open System.IO

/// Runs a test with the path of a new, empty folder, which is gone afterwards.
let using (test: string -> 'result) : 'result =
    let folder = Directory.CreateTempSubdirectory "hgn-test-"

    try
        test folder.FullName
    finally
        folder.Delete true
