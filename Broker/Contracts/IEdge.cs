namespace Starling.Broker.Contracts;

/// <summary>A whole edge process. One object per process answers, never one per connection.</summary>
public interface IEdge : IEdgeDelivery, IInboxDelivery
{
    /// <summary>Changes with every start of the process.</summary>
    string Id { get; }
}
