using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using MQTTnet.Server;

// MQTTnet's server with its defaults, to compare with: MqttNetServer PORT. Prints "ready" when it listens; SIGTERM and Ctrl-C end it.
var port = int.Parse(args[0], CultureInfo.InvariantCulture);
var options = new MqttServerOptionsBuilder()
    .WithDefaultEndpoint()
    .WithDefaultEndpointBoundIPAddress(IPAddress.Loopback)
    .WithDefaultEndpointBoundIPV6Address(IPAddress.None)
    .WithDefaultEndpointPort(port)
    .WithConnectionBacklog(1000)
    .WithMaxPendingMessagesPerClient(int.MaxValue)
    .Build();
using var server = new MqttServerFactory().CreateMqttServer(options);
await server.StartAsync();
var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
void Ended(PosixSignalContext signal)
{
    signal.Cancel = true;
    end.TrySetResult();
}
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ended);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ended);
Console.WriteLine($"ready mqtt://127.0.0.1:{port}");
await end.Task;
await server.StopAsync();
