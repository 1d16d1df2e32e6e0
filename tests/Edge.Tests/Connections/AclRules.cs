using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;

namespace Starling.Edge.Tests.Connections;

internal static class AclRules
{
    /// <summary><c>allow subscribe a/#</c>.</summary>
    public static AclRule Parse(string line)
    {
        var words = line.Split(' ', 3);
        return new(words[0] == "allow", Enum.Parse<AclActions>(words[1], ignoreCase: true), AclPattern.Parse(words[2]));
    }

    /// <summary>The tenant <c>demo</c> that allows anybody what these rules say.</summary>
    public static TenantOptions Demo(params string[] lines) => TestBroker.Demo with { Acl = [.. lines.Select(Parse)] };
}
