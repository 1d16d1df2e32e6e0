using System.Globalization;
using System.Text;

namespace Starling.Broker.Tenants;

/// <summary>
/// The one form in which server names are compared, wherever they come from (settings, certificates, TLS clients, load balancers): lower
/// case, without the dot that ends an absolute name, international labels in Punycode (<c>xn--</c>).
/// </summary>
public static class ServerName
{
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <param name="name">May begin with <c>*.</c>. What is no host name comes back in lower case.</param>
    public static string Normalize(string name)
    {
        var lower = (name.EndsWith('.') ? name[..^1] : name).ToLowerInvariant();
        if (Ascii.IsValid(lower))
            return lower;
        var (wildcard, host) = lower.StartsWith("*.", StringComparison.Ordinal) ? ("*.", lower[2..]) : ("", lower);
        try
        {
            return wildcard + Idn.GetAscii(host).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return lower;
        }
    }
}
