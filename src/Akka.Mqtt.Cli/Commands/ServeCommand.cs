using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cli.Dashboard;
using Akka.Mqtt.Cli.Metrics;
using Akka.Mqtt.Cli.Mosquitto;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt serve</c>: runs a server until a signal ends it.</summary>
internal static class ServeCommand
{
    private const int RemovedExitCode = 1;

    private static readonly string[] LogLevels = ["debug", "info", "warning", "error", "off"];

    public static Command Create()
    {
        var file = new Argument<string?>("file")
        {
            Description = "Read settings from this HOCON file. Keys that it does not set have their defaults.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        file.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value.StartsWith('-'))
                result.AddError($"{result.Tokens[0].Value} is not an option.");
        });
        var host = new Option<string?>("--host") { HelpName = "address", Description = "Listen at this address. localhost means the loopback interface, * means all interfaces; both include IPv4 and IPv6. Write IPv6 addresses without brackets, such as ::1. Default: 127.0.0.1." };
        var port = Port("--port", "Listen for MQTT over TCP at this port; with 0 the operating system picks one. Default: 1883.");
        var webSocketPort = Port("--ws-port", "Listen for MQTT over WebSocket at this port, with the path /mqtt; with 0 the operating system picks one. Default: no WebSocket.");
        var tlsPort = Port("--tls-port", "Listen for MQTT over TLS at this port; with 0 the operating system picks one. Needs --cert and --key. Default: no TLS.");
        var certificate = new Option<string?>("--cert") { HelpName = "file", Description = "Read the certificate chain of the server from this PEM file." };
        var key = new Option<string?>("--key") { HelpName = "file", Description = "Read the private key of that certificate from this PEM file." };
        var clientAuthority = new Option<string?>("--client-ca")
        {
            HelpName = "file",
            Description = "Require a client certificate that an authority in this PEM file has issued.",
        };
        var data = new Option<string?>("--data") { HelpName = "directory", Description = "Keep sessions and retained messages in an SQLite database in this directory. Default: keep them in memory." };
        var database = new Option<string?>("--database") { HelpName = "connection", Description = "Keep sessions and retained messages in this PostgreSQL database: a connection string of Npgsql or a postgres:// URI." };
        var durability = new Option<string?>("--durability") { HelpName = "class", Description = "Write sessions and messages to the storage (durable), or to memory only (memory). With durable the server acknowledges a message only after it is written. memory overrides --data and --database. Default: durable with one of these, otherwise memory." };
        durability.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is not ("memory" or "durable"))
                result.AddError($"--durability {result.Tokens[0].Value} is neither memory nor durable.");
        });
        var clusterPort = Port("--cluster-port", "Run as a node of a cluster, and listen for the other nodes at this port. The first node is its own seed. Default: no cluster.");
        var clusterHost = new Option<string?>("--cluster-host") { HelpName = "address", Description = "Announce this address to the other nodes, which connect to it. Default: akka.remote.dot-netty.tcp.hostname of the file, otherwise 127.0.0.1." };
        clusterHost.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !ServeCluster.IsHost(result.Tokens[0].Value))
                result.AddError($"--cluster-host {result.Tokens[0].Value} is neither a host name nor an address.");
        });
        var seeds = new Option<string[]>("--seed")
        {
            HelpName = "host:port",
            Description = "Join the cluster of this node. Can be repeated; one of the nodes must answer. A DNS name may have several addresses, one for each node; it is resolved again until this node has joined. Default: start a new cluster.",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        seeds.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !ServeCluster.IsSeed(token.Value)))
                result.AddError($"--seed {token.Value} is not HOST:PORT.");
        });
        var clusterCertificate = new Option<string?>("--cluster-cert") { HelpName = "file", Description = "Encrypt the connections between nodes with TLS, and read the certificate of this node from this PEM file. Needs --cluster-key and --cluster-ca." };
        var clusterKey = new Option<string?>("--cluster-key") { HelpName = "file", Description = "Read the private key of that certificate from this PEM file." };
        var clusterAuthority = new Option<string?>("--cluster-ca") { HelpName = "file", Description = "Accept only nodes whose certificate was issued by an authority in this PEM file." };
        var metricsPort = Port("--metrics-port", "Serve metrics for Prometheus at http://host:port/metrics, and /ready and /live for load balancers; with 0 the operating system picks a port. Default: no such pages.");
        var metricsHost = new Option<string?>("--metrics-host") { HelpName = "address", Description = "Serve the pages of --metrics-port at this address; * means all interfaces. They have no password. Default: 127.0.0.1." };
        metricsHost.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is { Length: > 0 } text && text != "*" && !IPAddress.TryParse(text, out _))
                result.AddError($"--metrics-host {text} is not an address.");
            else if (result.GetResult(metricsPort) is not { Tokens.Count: > 0 })
                result.AddError("--metrics-host needs --metrics-port.");
        });
        var otlp = new Option<string?>("--otlp") { HelpName = "url", Description = "Send metrics by OTLP once a minute, and traces: http://host:4317 for gRPC, http://host:4318/v1/metrics for HTTP. Default: send none." };
        otlp.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
                result.AddError($"--otlp {result.Tokens[0].Value} is not a URL: http://host:4317 for gRPC, http://host:4318/v1/metrics for HTTP.");
        });
        var httpPort = Port("--http-port", "Serve the dashboard and its HTTP API at this port; with 0 the operating system picks one. Default: no dashboard.");
        var httpBind = new Option<string?>("--http-bind") { HelpName = "address", Description = "Serve the dashboard at this address; * means all interfaces. An address that other machines reach needs --http-tokens. Default: 127.0.0.1." };
        httpBind.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is { Length: > 0 } text && text != "*" && !IPAddress.TryParse(text, out _))
                result.AddError($"--http-bind {text} is not an address.");
            else if (result.GetResult(httpPort) is not { Tokens.Count: > 0 })
                result.AddError("--http-bind needs --http-port.");
        });
        var httpTokens = new Option<string?>("--http-tokens") { HelpName = "file", Description = "Accept only users in this file for the dashboard; akka-mqtt token creates it. Default: everybody on this machine has all rights." };
        httpTokens.Validators.Add(result =>
        {
            if (result.GetResult(httpPort) is not { Tokens.Count: > 0 })
                result.AddError("--http-tokens needs --http-port.");
        });
        var httpCertificate = new Option<string?>("--http-cert") { HelpName = "file", Description = "Serve the dashboard by HTTPS, with the certificate chain in this PEM file, which may be the file of --cert. Needs --http-key. Default: HTTP." };
        var httpKey = new Option<string?>("--http-key") { HelpName = "file", Description = "Read the private key of that certificate from this PEM file." };
        httpCertificate.Validators.Add(result =>
        {
            if (result.GetResult(httpPort) is not { Tokens.Count: > 0 })
                result.AddError("--http-cert needs --http-port.");
            else if (result.GetResult(httpKey) is not { Tokens.Count: > 0 })
                result.AddError("--http-cert needs --http-key.");
        });
        httpKey.Validators.Add(result =>
        {
            if (result.GetResult(httpCertificate) is not { Tokens.Count: > 0 })
                result.AddError("--http-key needs --http-cert.");
        });
        var mosquitto = new Option<string?>("--mosquitto-conf") { HelpName = "file", Description = "Read a configuration file of mosquitto, with its password and ACL files. The HOCON file and other options override it." };
        var set = new Option<string[]>("--set")
        {
            HelpName = "path=value",
            Description = "Set one key under akka.mqtt.server, for example max-qos=1. Can be repeated.",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var warmUp = new Option<int>("--warm-up")
        {
            HelpName = "seconds",
            Description = "Limit the time for which the server runs simulated clients after its start, so that its code is compiled before real clients "
                + "connect. It stops early when 16 clients are connected or 256 packets have arrived. 0 to 60; 0 disables it.",
            DefaultValueFactory = _ => ServeOptions.DefaultWarmUp,
        };
        warmUp.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 60))
                result.AddError($"--warm-up {result.Tokens[0].Value} is not a number of seconds: 0 to 60.");
        });
        var logLevel = new Option<string?>("--log-level")
        {
            HelpName = "level",
            Description = $"Log messages of this level and above to stderr: {string.Join(", ", LogLevels)}. Default: warning, or akka.loglevel of the file.",
        };
        logLevel.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !LogLevels.Contains(result.Tokens[0].Value))
                result.AddError($"--log-level {result.Tokens[0].Value} is not a level. Use {Words.List(LogLevels, "or")}.");
        });
        var command = new Command(
            "serve", "Run a server. It prints \"ready\" and its addresses when every listener accepts. SIGTERM or Ctrl-C disconnects the clients and ends the server. SIGHUP reads users, rules and certificates again, but not the file: a restart does.")
        {
            file, host, port, webSocketPort, tlsPort, certificate, key, clientAuthority, data, database, durability, clusterPort, clusterHost, seeds, clusterCertificate, clusterKey, clusterAuthority, metricsPort, metricsHost, otlp, httpPort, httpBind, httpTokens, httpCertificate, httpKey, mosquitto, set, logLevel, warmUp,
        };
        command.SetAction(async parsed =>
        {
            try
            {
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
                    Data = parsed.GetValue(data),
                    Database = parsed.GetValue(database),
                    Durability = parsed.GetValue(durability),
                    ClusterPort = parsed.GetValue(clusterPort),
                    ClusterHost = parsed.GetValue(clusterHost),
                    Seeds = parsed.GetValue(seeds) ?? [],
                    ClusterCertificate = parsed.GetValue(clusterCertificate),
                    ClusterKey = parsed.GetValue(clusterKey),
                    ClusterAuthority = parsed.GetValue(clusterAuthority),
                    MetricsPort = parsed.GetValue(metricsPort),
                    MetricsHost = parsed.GetValue(metricsHost) ?? "127.0.0.1",
                    Otlp = parsed.GetValue(otlp) is { } url ? new Uri(url) : null,
                    HttpPort = parsed.GetValue(httpPort),
                    HttpBind = parsed.GetValue(httpBind) ?? "127.0.0.1",
                    HttpTokens = parsed.GetValue(httpTokens),
                    HttpCertificate = parsed.GetValue(httpCertificate),
                    HttpKey = parsed.GetValue(httpKey),
                    Sets = parsed.GetValue(set) ?? [],
                    LogLevel = parsed.GetValue(logLevel),
                    WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                }).ConfigureAwait(false);
            }
            catch (Exception error) when (error is CommandFailure or ConfigurationException or MqttServerException or MqttStorageException)
            {
                return CommandFailure.Report(error);
            }
        });
        return command;
    }

    private static Option<int?> Port(string name, string description)
    {
        var option = new Option<int?>(name) { HelpName = "number", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !ushort.TryParse(result.Tokens[0].Value, out _))
                result.AddError($"{name} {result.Tokens[0].Value} is not a port: 0 to 65535.");
        });
        return option;
    }

    /// <summary>Reloads the settings that can be reloaded, and logs which need a restart.</summary>
    private static async Task ReloadAsync(MqttServer server, ServeDashboard dashboard, bool hasFile)
    {
        if (hasFile)
        {
            var bridges = server.Settings.Bridges.Count > 0 ? "bridges, " : "";
            await Console.Error.WriteLineAsync($"akka-mqtt: listeners, {bridges}limits and all else of the configuration stay as they were at start. Restart the server to change them.").ConfigureAwait(false);
        }
        try
        {
            if (dashboard.Reload() is { } read)
                await Console.Error.WriteLineAsync($"akka-mqtt: {read} been read again.").ConfigureAwait(false);
        }
        catch (CommandFailure error)
        {
            await Console.Error.WriteLineAsync($"akka-mqtt: the dashboard stays as it is: {error.Message}").ConfigureAwait(false);
        }
        try
        {
            await server.ReloadSecurityAsync().ConfigureAwait(false);
            await Console.Error.WriteLineAsync("akka-mqtt: users, rules and revocation lists have been read again.").ConfigureAwait(false);
        }
        catch (ConfigurationException)
        {
            // The server has logged the error.
        }
    }

    /// <summary>The other nodes continue without this one: ends the process, so that a supervisor starts it again.</summary>
    private static async Task ReportRemovedAsync(MqttServer server)
    {
        var why = server.WhenRemoved.IsCompletedSuccessfully ? await server.WhenRemoved.ConfigureAwait(false) : "its actor system has ended";
        await Console.Error.WriteLineAsync($"akka-mqtt: the server ends, because {why}. Start it again.").ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(ServeOptions options)
    {
        var (config, settings) = ServeConfiguration.Read(options);
        var dashboard = DashboardPlan.Of(options.HttpPort, options.HttpBind, options.HttpTokens, options.HttpCertificate, options.HttpKey);
        if (options is { Mosquitto: { } file, Data: null, Database: null, Durability: not "memory" } && MosquittoPersistence.Of(file) is { } persistence)
        {
            options = options with { Data = persistence.Directory };
            if (await persistence.ImportOnceAsync().ConfigureAwait(false) is { } imported)
                await Console.Error.WriteLineAsync($"akka-mqtt: {imported}").ConfigureAwait(false);
        }
        var hooks = new MqttServerHooks { Storage = ServeStorage.Of(options), Cluster = ServeCluster.Of(options) };
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The first signal drains; a second one ends the process.
        void Ended(PosixSignalContext signal) => signal.Cancel = end.TrySetResult();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ended);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ended);

        var metrics = await ServeMetrics.StartAsync(options.MetricsPort, options.MetricsHost, options.Otlp).ConfigureAwait(false);
        await using var ___ = metrics.ConfigureAwait(false);
        // Not with a setup where there is none: Akka would read an app.config first, and load what reads XML.
        var system = options.ClusterCertificate is null
            ? ActorSystem.Create(ServeOptions.SystemName, config)
            : ActorSystem.Create(ServeOptions.SystemName, ServeCluster.WithTls(BootstrapSetup.Create().WithConfig(config), options));
        try
        {
            var server = await MqttServer.StartAsync(system, settings, hooks).ConfigureAwait(false);
            await using var _ = server.ConfigureAwait(false);
            metrics.Server = server;
            using var gone = new CancellationTokenSource();
            var joining = ServeCluster.JoinAsync(options, system, gone.Token);
            var webSockets = new WebSocketHost();
            await using var __ = webSockets.ConfigureAwait(false);
            await webSockets.StartAsync(system, server).ConfigureAwait(false);
            var http = await ServeDashboard.StartAsync(server, dashboard).ConfigureAwait(false);
            await using var ____ = http.ConfigureAwait(false);
            // One reload at a time, and none before the server has started.
            using var hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                Task.Run(() => ReloadAsync(server, http, (options.File ?? options.Mosquitto) is not null));
            });
            var addresses = server.Endpoints.Select(endpoint => endpoint.ToString()).Concat(webSockets.Addresses);
            addresses = addresses.Concat(new[] { metrics.Address, http.Address }.OfType<string>());
            foreach (var notice in settings.Listeners.Select(each => AccessNotice.Of(each, settings)).Append(dashboard?.Notice).OfType<string>())
                await Console.Error.WriteLineAsync($"akka-mqtt: {notice}").ConfigureAwait(false);
            await Console.Out.WriteLineAsync($"ready {string.Join(' ', addresses)}").ConfigureAwait(false);
            await Console.Out.FlushAsync().ConfigureAwait(false);
            using var cold = new CancellationTokenSource();
            var warmUp = Task.Run(() => WarmUp.RunAsync(options.WarmUp, () => WarmUp.IsBusy(server), cold.Token));
            await Task.WhenAny(end.Task, server.WhenRemoved, system.WhenTerminated).ConfigureAwait(false);
            var isRemoved = !end.Task.IsCompleted;
            if (isRemoved)
                await ReportRemovedAsync(server).ConfigureAwait(false);
            await cold.CancelAsync().ConfigureAwait(false);
            await gone.CancelAsync().ConfigureAwait(false);
            await joining.ConfigureAwait(false);
            await metrics.FlushAsync().ConfigureAwait(false);
            await server.StopAsync().ConfigureAwait(false); // disconnects the clients, then closes the listeners
            await warmUp.ConfigureAwait(false);
            return isRemoved ? RemovedExitCode : 0;
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }
}
