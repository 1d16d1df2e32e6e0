namespace Starling.Broker.Tenants.Collisions;

/// <summary>What to do with a client whose client id has a live connection already.</summary>
public enum TakeoverVerdict
{
    /// <summary>As MQTT has it: the older connection is closed with 0x8E.</summary>
    TakeOver,

    /// <summary>The newcomer is refused with a reason code that lets it try again later.</summary>
    KeepOlder,
}
