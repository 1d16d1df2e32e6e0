using Microsoft.Extensions.DependencyInjection;
using Starling.Cluster.Contracts;
using Starling.Cluster.Silos;
using Starling.Grains.Interfaces.Calls;
using Starling.Grains.Placement;
using Starling.Grains.Sessions;

namespace Starling.Grains.Hosting;

/// <summary>Adds the grains to a silo.</summary>
public static class GrainServices
{
    /// <param name="silo">Of Orleans. What sessions and shards share, <see cref="SiloServices"/>, is added by the caller.</param>
    /// <param name="pace">How fast they move when silos join.</param>
    public static void Add(ISiloBuilder silo, RebalancePace pace)
    {
        silo.Services.AddSingleton<IClusterEngine>(provider => new OrleansEngine(provider.GetRequiredService<IGrainFactory>()));
        silo.Services.AddSingleton<OwnerFactory>();
        silo.Services.AddSingleton(pace);
        silo.Services.AddSingleton<GrainRebalancer>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<GrainRebalancer>());
        silo.Services.AddHostedService<MembershipLog>();
        silo.Services.AddHostedService<SweepPartitions>();
        silo.AddIncomingGrainCallFilter<GrainCallFailures>();
        silo.AddOutgoingGrainCallFilter<LostCalls>();
        silo.AddPlacementDirector<RendezvousPlacementStrategy, RendezvousPlacementDirector>();
    }
}
