namespace HgnFunctional.Features

open System
open System.Buffers.Binary
open System.IO
open System.Text

/// Saved forms as bytes: a tag, and what the form holds; counts and numbers are little-endian. One form has one sequence of bytes.
[<RequireQualifiedAccess>]
module SavedBytes =

    let private number, numbers, text, no, yes, list, fields = 1uy, 2uy, 3uy, 4uy, 5uy, 6uy, 7uy

    /// Forms are not nested deeper.
    let private deepest = 64

    let rec private writeInto (writer: BinaryWriter) (form: SavedForm) : unit =
        let writeText (value: string) =
            let bytes = Encoding.UTF8.GetBytes value
            writer.Write bytes.Length
            writer.Write bytes

        match form with
        | SavedForm.Number value ->
            writer.Write number
            writer.Write value
        | SavedForm.Numbers values ->
            writer.Write numbers
            writer.Write values.Length
            let bytes = Array.zeroCreate<byte>(8 * values.Length)
            values |> Array.iteri (fun k value -> BinaryPrimitives.WriteDoubleLittleEndian(Span<byte>(bytes, 8 * k, 8), value))
            writer.Write bytes
        | SavedForm.Text value ->
            writer.Write text
            writeText value
        | SavedForm.Flag value -> writer.Write(if value then yes else no)
        | SavedForm.List items ->
            writer.Write list
            writer.Write items.Length
            List.iter (writeInto writer) items
        | SavedForm.Fields items ->
            writer.Write fields
            writer.Write items.Length

            for name, item in items do
                writeText name
                writeInto writer item

    /// Writes a form to a stream.
    let write (stream: Stream) (form: SavedForm) : unit =
        use writer = new BinaryWriter(stream, Encoding.UTF8, true)
        writeInto writer form

    /// The bytes of a form.
    let toBytes (form: SavedForm) : byte[] =
        use stream = new MemoryStream()
        write stream form
        stream.ToArray()

    /// The form of some bytes; none where they are not of one. Memory is taken for what the bytes hold, never for what a count in them claims.
    let tryOfBytes (bytes: ReadOnlyMemory<byte>) : SavedForm option =
        let mutable place = 0

        let take (count: int64) : ReadOnlyMemory<byte> =
            if count < 0L || count > int64 (bytes.Length - place) then
                raise (InvalidDataException())

            let part = bytes.Slice(place, int count)
            place <- place + int count
            part

        let takeByte () : byte = (take 1L).Span[0]
        let takeCount () : int = BinaryPrimitives.ReadInt32LittleEndian (take 4L).Span
        let takeNumber () : float = BinaryPrimitives.ReadDoubleLittleEndian (take 8L).Span
        let takeText () : string = Encoding.UTF8.GetString (take (int64 (takeCount ()))).Span

        let takeMany (takeOne: unit -> 'item) : 'item list =
            let count = takeCount ()

            // Each takes a byte at least.
            if count < 0 || count > bytes.Length - place then
                raise (InvalidDataException())

            List.init count (fun _ -> takeOne ())

        let rec takeForm (depth: int) : SavedForm =
            if depth > deepest then
                raise (InvalidDataException())

            match takeByte () with
            | tag when tag = number -> SavedForm.Number(takeNumber ())
            | tag when tag = numbers ->
                let data = (take (8L * int64 (takeCount ()))).Span
                let values = Array.zeroCreate<float>(data.Length / 8)

                for k in 0 .. values.Length - 1 do
                    values[k] <- BinaryPrimitives.ReadDoubleLittleEndian(data.Slice(8 * k, 8))

                SavedForm.Numbers values
            | tag when tag = text -> SavedForm.Text(takeText ())
            | tag when tag = no -> SavedForm.Flag false
            | tag when tag = yes -> SavedForm.Flag true
            | tag when tag = list -> SavedForm.List(takeMany (fun () -> takeForm (depth + 1)))
            | tag when tag = fields -> SavedForm.Fields(takeMany (fun () -> takeText (), takeForm (depth + 1)))
            | _ -> raise (InvalidDataException())

        try
            let form = takeForm 0
            if place = bytes.Length then Some form else None
        with :? InvalidDataException ->
            None
