namespace Starling.Broker.Telemetry;

/// <summary>
/// Text that somebody else has chosen, as it is logged: a client id, filter or user name may have 65,535 bytes. Methods that log take it
/// instead of a string; Architecture.Tests sees to that.
/// </summary>
public readonly record struct ForeignText(string? Text)
{
    /// <summary>Characters that are shown.</summary>
    public const int MaxLength = 128;

    public static implicit operator ForeignText(string? text) => new(text);

    /// <summary>The text, or its beginning and how long it is.</summary>
    public static string Shorten(string? text) => text is not { Length: > MaxLength }
        ? text ?? ""
        : $"{text.AsSpan(0, char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)}… ({text.Length} characters)";

    public override string ToString() => Shorten(Text);
}
