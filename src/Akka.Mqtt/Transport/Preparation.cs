using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Loads, before the first port opens, the files that serving a connection needs. .NET opens assemblies and native libraries when they are
/// first used. If that fails because no file descriptor is left, it fails for the rest of the process.
/// </summary>
internal static class Preparation
{
    private static readonly Lazy<int> Prepared = new(Prepare);

    /// <summary>Prepares the process at the first call; returns how many assemblies it has loaded.</summary>
    public static int Run() => Prepared.Value;

    private static int Prepare()
    {
        var loaded = LoadAssemblies();
        EpollLoop.Prepare();
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            socket.Blocking = false;
        SHA256.HashData([]); // OpenSSL, which password hashes and TLS use
        _ = Descriptors.MostConnections;
        _ = DateTime.Now; // the time zone, which log lines use
        _ = (Console.Out, Console.Error, new SocketException((int)SocketError.TooManyOpenSockets).Message);
        _ = DescribeAnException();
        return loaded;
    }

    /// <summary>Creates a stack trace, because one in a log line opens symbol files.</summary>
    private static string DescribeAnException()
    {
        try
        {
            throw new InvalidOperationException();
        }
        catch (InvalidOperationException e)
        {
            return e + new StackTrace(e, fNeedFileInfo: true).ToString();
        }
    }

    /// <summary>
    /// Loads all assemblies that the code of this process refers to, except those that .NET's own assemblies refer to. The reserve of
    /// descriptors is for those: an assembly takes two descriptors for the life of the process, and all of them would be more than a small
    /// limit leaves for connections.
    /// </summary>
    private static int LoadAssemblies()
    {
        var assemblies = AppDomain.CurrentDomain.GetAssemblies();
        var known = new HashSet<string?>(assemblies.Select(each => each.GetName().Name));
        var waiting = new Queue<Assembly>(assemblies.Where(each => !each.IsDynamic));
        var loaded = 0;
        while (waiting.TryDequeue(out var assembly))
        {
            if (IsOfDotNet(assembly.GetName().Name!))
                continue;
            foreach (var name in assembly.GetReferencedAssemblies().Where(name => !IsOptional(name.Name!) && known.Add(name.Name)))
            {
                try
                {
                    waiting.Enqueue(Assembly.Load(name));
                    loaded++;
                }
                catch (Exception e) when (e is IOException or BadImageFormatException)
                {
                    // The assembly was not deployed, so it is not used either.
                }
            }
        }

        return loaded;
    }

    private static bool IsOfDotNet(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal) || name is "netstandard" or "mscorlib";

    /// <summary>
    /// Assemblies that only some programs use, and have loaded before this: WebSockets, which plain TCP does not need, storages, clusters,
    /// the dashboard, exporters of metrics, and consoles.
    /// </summary>
    private static bool IsOptional(string name) =>
        name.StartsWith("System.Net.WebSockets", StringComparison.Ordinal) || name.StartsWith("System.Net.Http", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.", StringComparison.Ordinal) || name.StartsWith("Akka.Mqtt.Storage", StringComparison.Ordinal)
        || name.StartsWith("OpenTelemetry", StringComparison.Ordinal) || name.StartsWith("Spectre.", StringComparison.Ordinal)
        || name is "Akka.Mqtt.Cluster" or "Akka.Cluster" or "Akka.Remote" or "Akka.Mqtt.Dashboard";
}
