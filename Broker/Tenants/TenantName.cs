namespace Starling.Broker.Tenants;

/// <summary>The syntax of tenant names: <c>[a-z0-9][a-z0-9-]{0,62}</c>, so that a name is also a DNS label.</summary>
public static class TenantName
{
    public const int MaximumLength = 63;

    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaximumLength || name[0] == '-')
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
                return false;
        }
        return true;
    }
}
