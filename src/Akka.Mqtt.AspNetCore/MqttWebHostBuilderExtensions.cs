using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Configures Kestrel for MQTT listeners.</summary>
public static class MqttWebHostBuilderExtensions
{
    /// <summary>
    /// Makes Kestrel stop accepting while only a reserve of file descriptors is left, as the listeners of <see cref="Mqtt.Bind"/> do;
    /// clients then wait in the backlog. Without it, a flood of connections can use up all descriptors, and .NET ends a process that
    /// cannot start a thread because of that. For Kestrel's default transport, sockets.
    /// </summary>
    /// <param name="builder">The web host.</param>
    /// <returns>The web host.</returns>
    public static IWebHostBuilder KeepDescriptorReserve(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseSockets().ConfigureServices(services =>
        {
            services.RemoveAll<IConnectionListenerFactory>();
            services.AddSingleton<SocketTransportFactory>();
            services.AddSingleton<IConnectionListenerFactory, ReservingListenerFactory>();
        });
    }
}
