using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Starling.Broker.Cluster.Remote;
using Starling.Broker.Cluster.Silos;
using Starling.Grains.Interfaces.Calls;
using Starling.Grains.Placement;

namespace Starling.Grains.Hosting;

/// <summary>Adds the grains to a silo.</summary>
public static class GrainServices
{
    /// <param name="silo">Of Orleans.</param>
    /// <param name="services">Makes what sessions and shards share, once Orleans runs.</param>
    /// <param name="pace">How fast they move when silos join.</param>
    public static void Add(ISiloBuilder silo, Func<IServiceProvider, SiloServices> services, PlacementPace pace)
    {
        silo.Services.AddSingleton<IClusterEngine>(provider => new OrleansEngine(provider.GetRequiredService<IGrainFactory>()));
        silo.Services.AddSingleton(provider => new Silo(services(provider)));
        silo.Services.AddSingleton(pace);
        silo.Services.AddSingleton<PlacedGrains>();
        silo.AddPlacementDirector<SpreadPlacement, SpreadDirector>();
    }
}
