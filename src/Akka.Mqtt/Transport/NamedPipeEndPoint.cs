using System.Net;

namespace Akka.Mqtt;

/// <summary>The address of a named pipe.</summary>
public sealed class NamedPipeEndPoint : EndPoint, IEquatable<NamedPipeEndPoint>
{
    /// <summary>Names a pipe.</summary>
    /// <param name="pipeName">The name of the pipe.</param>
    /// <param name="serverName">The machine; <c>.</c> is this one.</param>
    public NamedPipeEndPoint(string pipeName, string serverName = ".")
    {
        ArgumentException.ThrowIfNullOrEmpty(pipeName);
        ArgumentException.ThrowIfNullOrEmpty(serverName);
        PipeName = pipeName;
        ServerName = serverName;
    }

    /// <summary>The name of the pipe.</summary>
    public string PipeName { get; }

    /// <summary>The machine; <c>.</c> is this one.</summary>
    public string ServerName { get; }

    /// <inheritdoc/>
    public bool Equals(NamedPipeEndPoint? other) => other is not null && other.PipeName == PipeName && other.ServerName == ServerName;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NamedPipeEndPoint);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(PipeName, ServerName);

    /// <inheritdoc/>
    public override string ToString() => $"pipe://{ServerName}/{PipeName}";
}
