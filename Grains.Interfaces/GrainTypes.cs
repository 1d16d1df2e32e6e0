namespace Starling.Grains.Interfaces;

/// <summary>The names of the grains' types. With them, a reference can be had before anything is known of the silos.</summary>
public static class GrainTypes
{
    public const string Session = "starling.session";

    public const string TopicShard = "starling.shard";

    public const string EdgeDirectory = "starling.edges";

    public const string Tenant = "starling.tenant";

    public const string SessionSweep = "starling.sweep";
}
