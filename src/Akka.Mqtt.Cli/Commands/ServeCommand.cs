using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt serve</c>: runs a server until it is told to end.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE.conf")
        {
            Description = "HOCON, over the reference configuration.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        file.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value.StartsWith('-'))
                result.AddError($"{result.Tokens[0].Value} is not an option.");
        });
        var host = new Option<string?>("--host") { Description = "Address to bind; localhost, and * for all interfaces, are IPv4 and IPv6. Default: 127.0.0.1." };
        var port = Port("--port", "Port of MQTT over TCP; 0 lets the system pick. Default: 1883.");
        var webSocketPort = Port("--ws-port", "Port of MQTT over WebSocket, path /mqtt; 0 lets the system pick. Default: no WebSocket.");
        var tlsPort = Port("--tls-port", "Port of MQTT over TLS; 0 lets the system pick. Needs --cert and --key. Default: no TLS.");
        var certificate = new Option<string?>("--cert") { Description = "PEM file with the certificate chain of the server." };
        var key = new Option<string?>("--key") { Description = "PEM file with its private key." };
        var clientAuthority = new Option<string?>("--client-ca")
        {
            Description = "PEM file with the authorities of client certificates: clients must present one.",
        };
        var data = new Option<string?>("--data")
        {
            Description = "Directory for durable state. Not available yet: the server keeps everything in memory.",
        };
        var mosquitto = new Option<string?>("--mosquitto-conf") { Description = "A configuration file of mosquitto, with its password and ACL files. FILE.conf and options go over it." };
        var set = new Option<string[]>("--set")
        {
            Description = "PATH=VALUE: one setting under akka.mqtt.server; may repeat.",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var warmUp = new Option<int>("--warm-up")
        {
            Description = "SECONDS: at most so long does the server, once it is ready, play clients against itself, which has its code compiled before yours come; "
                + "0 to 60, 0 never. Ends early when 16 clients are connected or 256 packets have come.",
            DefaultValueFactory = _ => ServeOptions.DefaultWarmUp,
        };
        warmUp.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 60))
                result.AddError($"--warm-up {result.Tokens[0].Value} is not a number of seconds: 0 to 60.");
        });
        var command = new Command(
            "serve", "Runs a server. Prints \"ready\" and its addresses when every listener accepts. SIGTERM and Ctrl-C drain.")
        {
            file, host, port, webSocketPort, tlsPort, certificate, key, clientAuthority, data, mosquitto, set, warmUp,
        };
        command.SetAction(async parsed =>
        {
            try
            {
                if (parsed.GetValue(data) is not null)
                    throw new CommandFailure("--data is not available yet: the server keeps everything in memory.");
                return await RunAsync(new ServeOptions
                {
                    File = parsed.GetValue(file),
                    Host = parsed.GetValue(host),
                    Port = parsed.GetValue(port),
                    WebSocketPort = parsed.GetValue(webSocketPort),
                    TlsPort = parsed.GetValue(tlsPort),
                    Certificate = parsed.GetValue(certificate),
                    Key = parsed.GetValue(key),
                    ClientAuthority = parsed.GetValue(clientAuthority),
                    Mosquitto = parsed.GetValue(mosquitto),
                    Sets = parsed.GetValue(set) ?? [],
                    WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                }).ConfigureAwait(false);
            }
            catch (Exception error) when (error is CommandFailure or ConfigurationException or MqttServerException)
            {
                return CommandFailure.Report(error.Message);
            }
        });
        return command;
    }

    private static bool IsClosed(ListenerSettings listener, MqttServerSettings settings) =>
        (listener.Security.AllowAnonymous ?? settings.AllowAnonymous) == AnonymousAccess.Loopback
        && listener.Security is { PasswordFile: null, ScramFile: null, UseIdentityAsUserName: CertificateIdentity.Off }
        && listener.Address is IPEndPoint { Address: var address } && !IPAddress.IsLoopback(address) && !IsAny(address);

    /// <summary>All interfaces: among them is loopback.</summary>
    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static Option<int?> Port(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !ushort.TryParse(result.Tokens[0].Value, out _))
                result.AddError($"{name} {result.Tokens[0].Value} is not a port: 0 to 65535.");
        });
        return option;
    }

    private static async Task ReloadAsync(MqttServer server)
    {
        try
        {
            await server.ReloadSecurityAsync().ConfigureAwait(false);
            await Console.Error.WriteLineAsync("akka-mqtt: users, rules and revocation lists have been read again.").ConfigureAwait(false);
        }
        catch (ConfigurationException)
        {
            // The server has said what is wrong, on stderr.
        }
    }

    private static async Task<int> RunAsync(ServeOptions options)
    {
        var (config, settings) = ServeConfiguration.Read(options);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The first signal drains; a second one ends the process as signals do.
        void Ended(PosixSignalContext signal) => signal.Cancel = end.TrySetResult();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ended);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ended);

        var system = ActorSystem.Create("akka-mqtt", config);
        try
        {
            var server = await MqttServer.StartAsync(system, settings).ConfigureAwait(false);
            await using var _ = server.ConfigureAwait(false);
            var webSockets = new WebSocketHost();
            await using var __ = webSockets.ConfigureAwait(false);
            await webSockets.StartAsync(system, server).ConfigureAwait(false);
            // One after the other, and none before the server is there.
            using var hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                Task.Run(() => ReloadAsync(server));
            });
            var addresses = server.Endpoints.Select(endpoint => endpoint.ToString()).Concat(webSockets.Addresses);
            foreach (var listener in settings.Listeners.Where(each => IsClosed(each, settings)))
            {
                await Console.Error.WriteLineAsync(
                    $"akka-mqtt: nobody may connect to listener {listener.Name}, which is not on loopback: allow-anonymous = loopback.").ConfigureAwait(false);
            }
            await Console.Out.WriteLineAsync($"ready {string.Join(' ', addresses)}").ConfigureAwait(false);
            await Console.Out.FlushAsync().ConfigureAwait(false);
            using var cold = new CancellationTokenSource();
            var warmUp = Task.Run(() => WarmUp.RunAsync(options.WarmUp, () => WarmUp.IsBusy(server), cold.Token));
            await end.Task.ConfigureAwait(false);
            await cold.CancelAsync().ConfigureAwait(false);
            await server.StopAsync().ConfigureAwait(false); // first the clients hear of it, then the listeners go
            await warmUp.ConfigureAwait(false);
            return 0;
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }
}
