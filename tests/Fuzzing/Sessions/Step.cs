using Starling.Protocol;

namespace Starling.Fuzzing.Sessions;

public enum StepKind
{
    /// <summary>Opens the connection, unless it is open.</summary>
    Open,
    Send,

    /// <summary>Waits until the broker has answered everything.</summary>
    Settle,

    /// <summary>Ends the connection without DISCONNECT.</summary>
    Drop,
}

public enum Cutting
{
    Whole,
    EachByte,
    Random,
}

/// <summary>What a client does with the messages it gets.</summary>
public enum AckStyle
{
    AtOnce,

    /// <summary>Later, and not in their order.</summary>
    Shuffled,
    Never,

    /// <summary>Other acknowledgements than the ones that are due.</summary>
    Wrong,
}

/// <param name="ClientId">What its CONNECTs say.</param>
/// <param name="Version">Of its connections.</param>
/// <param name="Acks">How it acknowledges.</param>
public sealed record Player(string ClientId, ProtocolVersion Version, AckStyle Acks);

/// <param name="Player">Whose turn it is.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Bytes">To send.</param>
/// <param name="Cutting">How they are cut into pieces.</param>
/// <param name="Odd">The broker may close the connection for it.</param>
public sealed record Step(int Player, StepKind Kind, byte[] Bytes, Cutting Cutting = Cutting.Whole, bool Odd = false)
{
    private const int MaxBytesShown = 400;

    public override string ToString() =>
        $"    client {Player}: {Kind}{(Odd ? " odd" : "")} {(Kind == StepKind.Send ? Cutting : "")} {Convert.ToHexString(Bytes.AsSpan(0, Math.Min(Bytes.Length, MaxBytesShown)))}{(Bytes.Length > MaxBytesShown ? $"... {Bytes.Length} bytes" : "")}";
}
