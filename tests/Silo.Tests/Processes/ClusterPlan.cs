namespace Starling.Silo.Tests.Processes;

/// <summary>What a cluster is started with.</summary>
internal sealed record ClusterPlan
{
    public int Silos { get; init; } = 2;

    public int Edges { get; init; } = 2;

    /// <summary>The tenants file, in which clients without a name are of <c>acme</c>; null takes the tenants from the database.</summary>
    public string? Tenants { get; init; } = AcmeWith("{}");

    /// <summary>The silos' own tenants file; null is the same one.</summary>
    public string? SiloTenants { get; init; }

    /// <summary>Of all nodes, each as <c>--set</c> takes it.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public IReadOnlyList<string> SiloSettings { get; init; } = [];

    public IReadOnlyList<string> EdgeSettings { get; init; } = [];

    /// <param name="limits">A group in JSON.</param>
    public static string AcmeWith(string limits) =>
        $$"""{ "tenants": { "acme": { "shards": 3, "limits": {{limits}}, "anonymous": { "acl": [{ "allow": "all", "filter": "#" }] } } } }""";
}
