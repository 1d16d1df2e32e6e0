using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.CodeGeneration;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.Serializers;

namespace Starling.Simulation.Engine;

/// <summary>
/// Orleans' generated proxies and its serializer, without its runtime: a call comes out of a proxy as the request that would travel, and goes
/// wherever the test sends it.
/// </summary>
internal static class Remoting
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly Serializer<object> Serializer = Services.GetRequiredService<Serializer<object>>();
    private static readonly DeepCopier Copier = Services.GetRequiredService<DeepCopier>();

    /// <param name="send">Carries a request to its target and brings the response.</param>
    public static TGrain Proxy<TGrain>(Func<IInvokable, ValueTask<Response>> send)
        where TGrain : IAddressable
    {
        var proxies = Services.GetRequiredService<IOptions<TypeManifestOptions>>().Value.InterfaceProxies;
        var type = proxies.Single(proxy => typeof(TGrain).IsAssignableFrom(proxy));
        var shared = new GrainReferenceShared(
            GrainType.Create("test"),
            GrainInterfaceType.Create(typeof(TGrain).Name),
            interfaceVersion: 0,
            new Channel(send),
            InvokeMethodOptions.None,
            Services.GetRequiredService<CodecProvider>(),
            Services.GetRequiredService<CopyContextPool>(),
            Services);
        return (TGrain)Activator.CreateInstance(type, shared, IdSpan.Create("test"))!;
    }

    /// <summary>What travels between processes.</summary>
    public static byte[] Write(object value) => Serializer.SerializeToArray(value);

    /// <param name="bytes">What <see cref="Write"/> has made.</param>
    public static T Read<T>(byte[] bytes) => (T)Serializer.Deserialize(bytes)!;

    /// <summary>What a call within a process gets: the same objects, where they are immutable.</summary>
    public static T Copy<T>(T value) => Copier.Copy(value)!;

    /// <summary>Carries out a request that has arrived. Failures are in the response.</summary>
    public static ValueTask<Response> InvokeAsync(IInvokable request, object target)
    {
        request.SetTarget(new Holder(target));
        return request.Invoke();
    }

    private sealed class Channel(Func<IInvokable, ValueTask<Response>> send) : IGrainReferenceRuntime
    {
        public async ValueTask<T?> InvokeMethodAsync<T>(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
            (await send(request).ConfigureAwait(false)).GetResult<T>();

        public async ValueTask InvokeMethodAsync(GrainReference reference, IInvokable request, InvokeMethodOptions options)
        {
            var response = await send(request).ConfigureAwait(false);
            if (response.Exception is not null)
                response.GetResult<object>();
        }

        public void InvokeMethod(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
            throw new NotSupportedException("Every call is answered.");

        public object Cast(IAddressable grain, Type interfaceType) => throw new NotSupportedException("References do not travel.");
    }

    private sealed class Holder(object target) : ITargetHolder
    {
        public object GetTarget() => target;

        public object? GetComponent(Type componentType) => null;
    }
}
