namespace Starling.Broker.Contracts;

/// <summary>Finds sessions.</summary>
public interface ISessions
{
    /// <summary>Costs nothing and does not fail; calls may.</summary>
    ISession Session(string tenant, string clientId);
}
