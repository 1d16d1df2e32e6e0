namespace Starling.Durability.History;

internal static class Topics
{
    /// <summary>Everybody subscribes to it: what comes after a message here was enqueued after it.</summary>
    public const string Barrier = "barrier";

    public const string Wills = "wills/";

    /// <summary>What the publishers publish to.</summary>
    public static readonly IReadOnlyList<string> Load = ["load/a/1", "load/a/2", "load/b/1", "load/b/2"];
}
