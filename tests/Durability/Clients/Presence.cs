namespace Starling.Durability.Clients;

/// <summary>What a subscriber does in a round.</summary>
internal enum Presence
{
    Online,
    Away,

    /// <summary>Comes and goes: with DISCONNECT, without, or by a connection that takes over.</summary>
    ComesAndGoes,
}
