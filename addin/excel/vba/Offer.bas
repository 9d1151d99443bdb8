Option Explicit

' A workbook that was made from a template says which endpoint it is for, in a hidden name. When it comes to the front
' that endpoint is chosen in the drop-down, if it is on this person's list. Nothing is ever sent.

Private Const BOUND As String = "Sheetscore_Endpoint"

Private leftAlone As Collection

Public Sub OfferEndpoint(ByVal book As Workbook)
    Dim python As New Bridge
    On Error Resume Next
    If Not IsBound(book) Then Exit Sub
    If IsLeftAlone(book.Name) Then Exit Sub
    python.Run "offer_endpoint", "", book
    Refresh
End Sub

' Whoever chooses another endpoint for a workbook means it.
Public Sub LeaveAlone(ByVal book As Workbook)
    On Error Resume Next
    If Not IsBound(book) Then Exit Sub
    If leftAlone Is Nothing Then Set leftAlone = New Collection
    leftAlone.Add True, book.Name
End Sub

Private Function IsBound(ByVal book As Workbook) As Boolean
    Dim each_ As Object
    On Error Resume Next
    For Each each_ In book.Names
        If LCase$(each_.Name) = LCase$(BOUND) Then IsBound = True
    Next each_
End Function

Private Function IsLeftAlone(ByVal name As String) As Boolean
    On Error Resume Next
    If Not leftAlone Is Nothing Then IsLeftAlone = leftAlone(name)
End Function
