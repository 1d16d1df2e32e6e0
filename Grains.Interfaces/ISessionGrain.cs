using Starling.Broker.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>A client's session; the key is <see cref="GrainKeys.Session"/>.</summary>
[Alias("starling.session")]
public interface ISessionGrain : IGrainWithStringKey, ISession;
