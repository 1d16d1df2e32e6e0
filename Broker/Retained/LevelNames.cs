namespace Starling.Broker.Retained;

/// <summary>
/// Lets levels of the same name share a string: <c>temp</c> may be there a million times. It remembers some names only, each until
/// another one falls to its place.
/// </summary>
internal sealed class LevelNames
{
    private const int Places = 1024;
    private const int Longest = 32;

    private string?[]? _recent;

    public string Of(ReadOnlySpan<char> name)
    {
        if (name.Length > Longest)
            return name.ToString();
        _recent ??= new string?[Places];
        ref var recent = ref _recent[(uint)string.GetHashCode(name) % Places];
        if (recent is null || !name.SequenceEqual(recent))
            recent = name.ToString();
        return recent;
    }
}
