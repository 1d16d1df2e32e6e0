using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Cluster.Remote;
using Starling.Broker.Cluster.Silos;
using Starling.Grains.Interfaces.Calls;
using Starling.Grains.Placement;
using Starling.Grains.Sessions;
using Silo = Starling.Broker.Cluster.Silos.Silo;

namespace Starling.Grains.Hosting;

/// <summary>Adds the grains to a silo.</summary>
public static class GrainServices
{
    /// <param name="silo">Of Orleans. What sessions and shards share, <see cref="SiloServices"/>, is added by the caller.</param>
    /// <param name="pace">How fast they move when silos join.</param>
    public static void Add(ISiloBuilder silo, PlacementPace pace)
    {
        silo.Services.AddSingleton<IClusterEngine>(provider => new OrleansEngine(provider.GetRequiredService<IGrainFactory>()));
        silo.Services.AddSingleton<Silo>();
        silo.Services.AddSingleton(pace);
        silo.Services.AddSingleton<PlacedGrains>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<PlacedGrains>());
        silo.Services.AddHostedService<SiloNews>();
        silo.Services.AddHostedService<SweepParts>();
        silo.AddPlacementDirector<SpreadPlacement, SpreadDirector>();
    }
}
