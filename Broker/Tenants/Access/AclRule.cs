namespace Starling.Broker.Tenants.Access;

/// <summary>What a rule is about; subscribing includes receiving.</summary>
[Flags]
public enum AclActions
{
    None = 0,
    Publish = 1,
    Subscribe = 2,
    All = Publish | Subscribe,
}

/// <summary>One line of an access control list; the order of the lines matters, see <see cref="ClientAccess"/>.</summary>
public sealed record AclRule(bool Allow, AclActions Actions, AclPattern Pattern)
{
    public override string ToString() => $"{(Allow ? "allow" : "deny")} {Actions} {Pattern}";
}
