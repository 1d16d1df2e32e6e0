using Starling.Broker.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>A client's session; the key is <see cref="GrainKeys.Session"/>.</summary>
[Alias("starling.session")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>A call of <see cref="ISession"/>.</summary>
    [Alias("call")]
    ValueTask<WireFrame> CallAsync(WireFrame call);

    /// <summary>One that the caller may give up.</summary>
    [Alias("call-until")]
    ValueTask<WireFrame> CallAsync(WireFrame call, CancellationToken cancellation);
}
