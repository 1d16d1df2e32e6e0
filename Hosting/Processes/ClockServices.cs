using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Time;

namespace Starling.Hosting.Processes;

/// <summary>The clock of a node.</summary>
internal static class ClockServices
{
    /// <param name="services">Get <see cref="BrokerClock"/>, which is the <see cref="TimeProvider"/> of everything, too.</param>
    /// <param name="wall">The machine's clock.</param>
    public static IServiceCollection AddClock(this IServiceCollection services, TimeProvider wall)
    {
        var clock = new BrokerClock(wall);
        return services.AddSingleton(clock).AddSingleton<TimeProvider>(clock);
    }
}
